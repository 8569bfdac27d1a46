import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { kernelSpec } from "../../kernel/cli/kernel-spec.js";

const ROOT = resolve(import.meta.dirname, "../../..");
const VENV = process.env.PROFLAB_VENV ?? join(ROOT, ".venv");
const DENO_VERSION = "2.9.6";

/** A kernel, and how its language says what the benchmark asks. */
export interface BenchKernel {
  name: string;
  /** As in `kernel.json`, with `{connection_file}`. */
  command: readonly string[];
  /** Declares a variable and ends with its value. */
  trivial(i: number): string;
  /** What a cell is when the cursor stands behind it, and its completion begins with `prefix`. */
  completion: { before: string; code: string; prefix: string };
  /** Is busy on a CPU for so long. */
  burn(ms: number): string;
  printLines(count: number): string;
}

/** Our kernel, then those that it is compared with, as far as they can be had. Deno is installed in `folder`. */
export function kernels(folder: string): BenchKernel[] {
  return [ours(), ...ipykernel(), ...deno(folder)];
}

const JAVASCRIPT = {
  completion: { before: "", code: "Math.flo", prefix: "floor" },
  burn: (ms: number) => `{ const end = Date.now() + ${ms}; while (Date.now() < end); }`,
  printLines: (count: number) => `for (let i = 0; i < ${count}; i++) console.log("line " + i);`,
};

function ours(): BenchKernel {
  return {
    ...JAVASCRIPT,
    name: "proflab",
    command: kernelSpec().argv,
    trivial: (i) => `const value${i}: number = ${i};\nvalue${i} + 1`,
  };
}

function ipykernel(): BenchKernel[] {
  const python = join(VENV, "bin/python");
  if (!existsSync(python)) return [];
  const version = execFileSync(python, ["-c", "import ipykernel; print(ipykernel.__version__)"], {
    encoding: "utf8",
  });
  return [
    {
      name: `ipykernel ${version.trim()}`,
      command: [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
      trivial: (i) => `value${i}: int = ${i}\nvalue${i} + 1`,
      completion: { before: "import math", code: "math.flo", prefix: "floor" },
      burn: (ms) => `import time\nend = time.time() + ${ms / 1000}\nwhile time.time() < end: pass`,
      printLines: (count) => `for i in range(${count}): print("line", i)`,
    },
  ];
}

function deno(folder: string): BenchKernel[] {
  try {
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", folder];
    execFileSync("npm", ["install", ...options, `deno@${DENO_VERSION}`], { stdio: "pipe" });
    // Its `bin` is a script's work at install; the binary itself lies in the package of the platform.
    const binary = join(folder, "node_modules/@deno/linux-x64-glibc/deno");
    const [name] = execFileSync(binary, ["--version"], { encoding: "utf8" }).split(" (");
    return [
      {
        ...JAVASCRIPT,
        name,
        command: [binary, "jupyter", "--kernel", "--conn", "{connection_file}"],
        trivial: (i) => `const value${i}: number = ${i};\nvalue${i} + 1`,
      },
    ];
  } catch (error) {
    const [line] = String((error as { stderr?: Buffer }).stderr || error).split("\n");
    process.stdout.write(`Deno is left out, its package cannot be installed here: ${line}\n`);
    return [];
  }
}

/** MiB that the processes of a kernel hold: resident, and with shared pages divided among those that share them. */
export function memoryMib(pid: number): { rss: number; pss: number } {
  const sum = { rss: 0, pss: 0 };
  for (const process of [pid, ...descendants(pid)]) {
    const text = readFileSync(`/proc/${process}/smaps_rollup`, "utf8");
    const kib = (field: string) => Number(new RegExp(`^${field}: +(\\d+) kB`, "m").exec(text)![1]);
    sum.rss += kib("Rss") / 1024;
    sum.pss += kib("Pss") / 1024;
  }
  return sum;
}

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const pids = children === "" ? [] : children.split(" ").map(Number);
  return pids.flatMap((child) => [child, ...descendants(child)]);
}
