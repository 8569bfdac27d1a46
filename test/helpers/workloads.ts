import { ANY, type CallChain, calls, type Link } from "./call-chain.js";
import { build, programs, pythonWithPerfMap, workloadSource } from "./workload-tools.js";

/** A program that runs until it is ended, and what its stacks must show. */
export interface WorkloadProgram {
  readonly name: string;
  /** The program and its arguments, built when it is missing; `undefined` where this machine cannot have it. */
  command(): string[] | undefined;
  /** Why its test is skipped where the machine cannot have it. */
  readonly remedy?: string;
  /** CPU seconds to wait for at the start: compilers at run time need some. */
  readonly warmUpSeconds?: number;
  /** Chains of calls that are known, each with the least share of samples that must have it. */
  readonly chains: readonly { readonly has: CallChain; readonly share: number }[];
  /** It is one of the twelve that the benchmarks run. */
  readonly benched: boolean;
}

const WITHOUT_FRAME_POINTERS = ["gcc", "-O2", "-fomit-frame-pointer", "-o", "{out}"];
const DEEP = [{ has: calls("main", ...repeat(40, "descend"), "burn"), share: 0.99 }];
const SIGNALS = [
  { has: calls("main", ANY, "interrupted", ANY, "on_alarm", "in_handler", "burn"), share: 0.25 },
  { has: calls("main", ...repeat(7, "interrupted"), "burn"), share: 0.02 },
];

/** The same frames again and again. */
function repeat(times: number, ...frames: Link[]): Link[] {
  return Array.from({ length: times }, () => frames).flat();
}

function fromC(name: string, ...options: string[]): string {
  return build(name, [`${name}.c`], [...WITHOUT_FRAME_POINTERS, ...options, `${name}.c`]);
}

/** A program of this machine, under the path that Debian gives it. */
function installed(path: string, ...args: string[]): string[] | undefined {
  return programs(path, ["/"]).length > 0 ? [path, ...args] : undefined;
}

/** `openssl speed`, each of whose measurements lasts longer than any test. */
function openssl(algorithm: string, below: RegExp, options: string[]): WorkloadProgram {
  return {
    name: `openssl speed ${algorithm}`,
    command: () => installed("/usr/bin/openssl", "speed", "-seconds", "600", ...options),
    warmUpSeconds: 0.5,
    chains: [{ has: calls(/__libc_start_main/, ANY, below), share: 0.9 }],
    benched: algorithm === "rsa2048",
  };
}

export function exceptions(): string {
  const library = ["exceptions.h", "exceptions-library.cpp"];
  build("libexceptions.so", library, ["g++", "-O2", "-fPIC", "-shared", "-o", "{out}", library[1]]);
  const link = ["-Wl,-z,lazy", "-Wl,-rpath,$ORIGIN", "-L{programs}", "-lexceptions"];
  const sources = ["exceptions.cpp", "exceptions.h"];
  return build("exceptions", sources, ["g++", "-O2", "-o", "{out}", sources[0], ...link]);
}

export const deepRecursion = () => fromC("deep-recursion");
export const callGraph = () => fromC("call-graph");
/** The same with frames no larger than what perf copies of a stack. */
export const callGraphInSmallFrames = () =>
  build(
    "call-graph-in-small-frames",
    ["call-graph.c"],
    [...WITHOUT_FRAME_POINTERS, "-DLARGE_FRAME_WORDS=600", "call-graph.c"],
  );
/** A program that is mostly in musl, whose libc is built without unwind data and without frame pointers. */
export const musl = (...options: string[]) => withMusl("libc-functions", ...options);

function withMusl(name: string, ...options: string[]): string {
  const compiler = ["musl-gcc", "-O2", "-fno-optimize-sibling-calls", "-o", "{out}"];
  return build(["musl", name, ...options].join("-"), [`${name}.c`], [...compiler, ...options, `${name}.c`]);
}

export const release = () => build("release", ["release.rs"], ["rustc", "-O", "-o", "{out}", "release.rs"]);
export const goroutines = () => go("goroutines", "CGO_ENABLED=0");
export const cgo = () => go("cgo", "CGO_ENABLED=1");
export const cgoCallback = () => go("cgo-callback", "CGO_ENABLED=1");

function go(name: string, environment: string): string {
  const command = ["env", environment, "GO111MODULE=off", "go", "build", "-o", "{out}", `${name}.go`];
  return build(name, [`${name}.go`], command);
}

export const WORKLOADS: readonly WorkloadProgram[] = [
  {
    name: "C without frame pointers, 40 calls deep",
    command: () => [deepRecursion()],
    chains: DEEP,
    benched: true,
  },
  {
    name: "a static program",
    command: () => [
      build("static", ["deep-recursion.c"], [...WITHOUT_FRAME_POINTERS, "-static", "deep-recursion.c"]),
    ],
    chains: DEEP,
    benched: false,
  },
  {
    name: "C++: exceptions, virtual calls through the PLT",
    command: () => [exceptions()],
    chains: [
      { has: calls("main", /attempt/, /visit/, /measure/, /area/, /steps/), share: 0.05 },
      { has: calls("main", /attempt/, /visit/, /measure/, /area/, /__cxa_throw/), share: 0.2 },
    ],
    benched: true,
  },
  {
    name: "Rust, a release build",
    command: () => [release()],
    chains: [
      {
        has: calls(/main/, ANY, /descend/, /descend/, /sort_steps/, ANY, /key_of/, /step/, /burn/),
        share: 0.9,
      },
    ],
    benched: true,
  },
  {
    name: "Go",
    command: () => [goroutines()],
    chains: [
      { has: calls("main.main", ...repeat(20, "main.descend"), "main.burn"), share: 0.4 },
      { has: calls(/^runtime\.goexit/, ANY, "main.serve", "main.burn"), share: 0.15 },
    ],
    benched: true,
  },
  {
    name: "Go that calls C",
    command: () => [cgo()],
    chains: [
      {
        has: calls("main.main", ...repeat(5, "main.callC"), ANY, ...repeat(10, "c_descend"), "c_burn"),
        share: 0.6, // the rest is Go's own hand-over of a thread that is in C, more on a busy machine
      },
    ],
    benched: false,
  },
  {
    name: "Go that C calls back",
    command: () => [cgoCallback()],
    chains: [
      {
        has: calls(
          "main.visit",
          ANY,
          ...repeat(3, "c_visit"),
          ANY,
          "main.goVisit",
          ...repeat(41, "main.grow"),
          "main.burn",
        ),
        share: 0.15,
      },
      { has: calls("main.visit", ANY, "c_visit", "c_burn"), share: 0.1 }, // the goroutine's stack has moved
    ],
    benched: false,
  },
  {
    name: "dd",
    command: () => installed("/usr/bin/dd", "if=/dev/zero", "of=/dev/null"),
    chains: [
      { has: calls(/__libc_start_main/, ANY, /read$/, ANY, /vfs_read|read_zero/), share: 0.05 },
      { has: calls(/__libc_start_main/, ANY, /read$/), share: 0.3 },
      { has: calls(/__libc_start_main/, ANY, /write$/), share: 0.3 },
    ],
    benched: true,
  },
  {
    name: "Debian's python3",
    command: () => installed("/usr/bin/python3", workloadSource("recursion.py")),
    chains: [
      {
        has: calls("Py_BytesMain", "Py_RunMain", ANY, "_PyEval_EvalFrameDefault"),
        share: 0.99,
      },
    ],
    benched: true,
  },
  {
    name: "python3 -X perf",
    command: () => {
      const python = pythonWithPerfMap();
      return python === undefined ? undefined : [python, "-X", "perf", workloadSource("recursion.py")];
    },
    remedy: "not to be had here: apt has no Python of 3.12 or newer; one in PATH or of pyenv is taken",
    chains: [
      {
        has: calls(/Py_RunMain/, ANY, /<module>/, ANY, ...repeat(13, /\bdescend\b/, ANY), /\bburn\b/),
        share: 0.95,
      },
    ],
    benched: true,
  },
  {
    name: "Node, with a perf map and native frames of the interpreter",
    command: () => [
      process.execPath,
      "--perf-basic-prof",
      // Else it also opens V8's log, a file for each thread in the working directory; this makes it one without a name.
      "--no-logfile-per-isolate",
      "--logfile=+",
      "--interpreted-frames-native-stack",
      workloadSource("recursion.js"),
    ],
    warmUpSeconds: 1.5,
    chains: [
      {
        has: calls(/__libc_start_main/, ANY, /processImmediate/, ANY, ...repeat(10, /\bdescend\b/)),
        share: 0.9,
      },
    ],
    benched: true,
  },
  {
    name: "Node",
    command: () => [process.execPath, workloadSource("recursion.js")],
    warmUpSeconds: 1.5,
    chains: [
      {
        has: calls(/__libc_start_main/, ANY, /node.*Start/, ANY, /CheckImmediate/, ANY, /JSEntry/),
        share: 0.9,
      },
    ],
    benched: false,
  },
  ...[[], ["-static"]].map((options) => ({
    name: ["musl", ...options].join(" "),
    command: () => [musl(...options)],
    chains: [
      { has: calls("main", "turn"), share: 0.99 },
      ...["sort_some", "format_some", "copy_some", "allocate_some", "parse_some", "match_some"].map(
        (name) => ({
          has: calls("main", "turn", name),
          share: 0.01,
        }),
      ),
    ],
    benched: false,
  })),
  {
    name: "signal handlers in musl",
    command: () => [withMusl("signal-handlers", "-static")],
    chains: SIGNALS,
    benched: false,
  },
  openssl("rsa2048", /^BN_/, ["rsa2048"]),
  openssl("aes-256-gcm", /EVP_(EncryptUpdate|CipherInit_ex)/, ["-bytes", "8192", "-evp", "aes-256-gcm"]),
  openssl("sha256", /EVP_Digest/, ["-bytes", "8192", "-evp", "sha256"]),
  {
    name: "signal handlers",
    command: () => [fromC("signal-handlers")],
    chains: SIGNALS,
    benched: true,
  },
  {
    name: "signal handlers on a stack of their own",
    command: () => [fromC("signal-handlers"), "alternate"],
    chains: SIGNALS,
    benched: false,
  },
  {
    name: "clock_gettime in the vdso",
    command: () => [fromC("vdso-clock")],
    chains: [{ has: calls("main", "ask_time", ANY, /clock_gettime/), share: 0.5 }],
    benched: true,
  },
  {
    name: "mapped code with a perf map",
    command: () => [fromC("mapped-code")],
    chains: [{ has: calls("main", "run_mapped", "mapped_outer", "mapped_inner"), share: 0.98 }],
    benched: true,
  },
];
