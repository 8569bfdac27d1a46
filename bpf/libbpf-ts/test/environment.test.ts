import assert from "node:assert/strict";
import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { capabilities, kernelRelease, libbpfVersion } from "../src/index.js";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

const library = fileURLToPath(new URL("../src/index.js", import.meta.url));

/** Runs a module in a process of its own that prints one error's name and message. */
function failing(code: string, wrapper: string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> {
  const script = `
    import { openObject, openPerfEvent, libbpfVersion } from ${JSON.stringify(library)};
    try { ${code}; console.log("no error"); }
    catch (error) { console.log(error.name + "|" + error.message + "|" + (error.missing ?? "")); }`;
  const [command, ...args] = [...wrapper, process.execPath, "--input-type=module", "--eval", script];
  return spawnSync(command, args, { encoding: "utf8", env: { ...process.env, ...env } });
}

const withoutCapabilities = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];

test("without capabilities loading says what is missing and how to get it", (t) => {
  if (!requireBpf(t)) return;
  const { stdout, stderr } = failing(
    `openObject(${JSON.stringify(fixture("sampler"))}).load()`,
    withoutCapabilities,
  );
  assert.match(stdout, /^PermissionError\|load sampler\.bpf\.o: EPERM \(operation not permitted\): /);
  assert.match(stdout, /needs CAP_BPF and CAP_PERFMON \(CAP_BPF missing, CAP_PERFMON missing, /);
  assert.match(stdout, /kernel\.perf_event_paranoid = -?\d, kernel\.unprivileged_bpf_disabled = \d\)/);
  assert.match(stdout, /setpriv --inh-caps=\+bpf,\+perfmon --ambient-caps=\+bpf,\+perfmon/);
  assert.match(stdout, /\|CAP_BPF,CAP_PERFMON$/m);
  assert.equal(stderr, "", "libbpf prints nothing");
});

test("only the capability that is missing is named", (t) => {
  if (!requireBpf(t)) return;
  const onlyBpf = ["setpriv", "--bounding-set=-all,+bpf", "--inh-caps=-all"];
  const { stdout } = failing(`openObject(${JSON.stringify(fixture("sampler"))}).load()`, onlyBpf);
  assert.match(
    stdout,
    /^PermissionError\|.*CAP_BPF present, CAP_PERFMON missing.*--inh-caps=\+perfmon .*\|CAP_PERFMON$/m,
  );
});

test("without capabilities a perf event of a CPU is refused", (t) => {
  if (!requireBpf(t)) return;
  const { stdout } = failing("openPerfEvent({ cpu: 0, frequencyHz: 99 })", withoutCapabilities);
  assert.match(stdout, /^PermissionError\|open perf event cpu-clock on CPU 0: EACCES .*needs CAP_PERFMON /);
});

test("a missing libbpf is an error at the first use, not at import", () => {
  const { stdout, stderr } = failing("libbpfVersion()", [], { LIBBPF_PATH: "/nonexistent/libbpf.so.1" });
  assert.match(
    stdout,
    /^LibraryNotFoundError\|\/nonexistent\/libbpf\.so\.1 not found \(.*\)\. Debian\/Ubuntu: apt install libbpf1/,
  );
  assert.equal(stderr, "");
});

test("a library that is not libbpf is refused", () => {
  const { stdout } = failing("libbpfVersion()", [], { LIBBPF_PATH: "libz.so.1" });
  assert.match(stdout, /^LibraryNotFoundError\|libz\.so\.1 /);
});

test("libbpf stays off worker threads", () => {
  const { stdout } = failing(
    `const { Worker } = await import("node:worker_threads");
     await new Promise((done) => new Worker('import(${JSON.stringify(library)}).then((m) => m.libbpfVersion())', { eval: true })
       .on("error", (error) => { console.log(error.message); done(); }))`,
    [],
  );
  assert.match(stdout, /main thread only/);
});

test("a process that used libbpf exits", () => {
  const { status, signal } = failing("libbpfVersion(); openObject('/nonexistent')", []);
  assert.deepEqual([status, signal], [0, null]);
});

test("versions and capabilities are those of the machine", () => {
  assert.match(libbpfVersion(), /^1\.\d+$/);
  assert.match(kernelRelease(), /^\d+\.\d+/);
  const { stdout } = spawnSync(
    "setpriv",
    [
      "--bounding-set=-all,+bpf,+chown",
      "--inh-caps=-all",
      process.execPath,
      "--input-type=module",
      "--eval",
      `import { capabilities } from ${JSON.stringify(library)}; console.log([...capabilities()].join())`,
    ],
    { encoding: "utf8" },
  );
  if (capabilities().has("CAP_SETPCAP")) assert.equal(stdout.trim(), "CAP_CHOWN,CAP_BPF");
});
