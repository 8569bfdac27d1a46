import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { type BpfMap, openObject, u32 } from "libbpf-ts";
import { SAMPLER_OBJECT } from "../../bpf/sampler/in-process.js";
import { eventually } from "../helpers/sampler-runtime.js";

/** A process's entry: words that no other test has. */
const ENTRY = new Uint8Array(Uint32Array.of(4711, 2).buffer);
let processes: BpfMap<number, Uint8Array>;
let close: () => void;

before(() => {
  const open = openObject(SAMPLER_OBJECT);
  const object = open.load();
  for (const name of ["on_exec", "on_exit", "on_fork"]) object.program(name).attach();
  processes = object.map("unwind_processes", { key: u32 });
  close = () => object.close();
});
after(() => close());

/** A shell that runs a line for each line that it reads. */
function shell(script: string): ChildProcess & { pid: number } {
  const child = spawn("bash", ["-c", script], { stdio: ["pipe", "ignore", "inherit"] });
  return child as ChildProcess & { pid: number };
}

const children = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
/** It waits for its line. Its name is that of the shell a moment before execve(2) has ended. */
const isWaiting = (pid: number): boolean =>
  isShell(pid) && / S /.test(readFileSync(`/proc/${pid}/stat`, "utf8").replace(/.*\)/, ""));
const isShell = (pid: number): boolean => readFileSync(`/proc/${pid}/comm`, "utf8") === "bash\n";
const entry = (pid: number): Uint8Array | undefined => processes.get(pid);

test("a child begins with its parent's mappings, and they go with it", async () => {
  const parent = shell("read line; ( read line ); read line");
  await eventually("the shell waits", () => isWaiting(parent.pid));
  assert.equal(entry(parent.pid), undefined);
  processes.set(parent.pid, ENTRY);
  parent.stdin?.write("\n");
  await eventually("the shell has a child", () => children(parent.pid).length === 1);
  const [child] = children(parent.pid);
  assert.deepEqual(entry(child), ENTRY);
  parent.stdin?.write("\n");
  await eventually("the child's entry is gone", () => entry(child) === undefined);
  assert.deepEqual(entry(parent.pid), ENTRY);
  parent.stdin?.write("\n");
  await eventually("the parent's entry is gone", () => entry(parent.pid) === undefined);
});

test("another program in the same process begins without mappings", async () => {
  const parent = shell("read line; exec cat");
  await eventually("the shell waits", () => isWaiting(parent.pid));
  processes.set(parent.pid, ENTRY);
  parent.stdin?.write("\n");
  await eventually("the program is another", () => !isShell(parent.pid));
  assert.equal(entry(parent.pid), undefined);
  parent.stdin?.end();
});

test("a thread that begins or ends is no process", async () => {
  const script = `
    const { Worker } = require("node:worker_threads");
    process.stdin.once("data", () => new Worker("", { eval: true }).once("exit", () => process.stdout.write("x")));
    process.stdout.write("x");`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  const said = () => new Promise((resolve) => child.stdout.once("data", resolve));
  await said();
  const pid = child.pid as number;
  processes.set(pid, ENTRY);
  const ended = said();
  child.stdin.write("\n");
  await ended;
  assert.deepEqual(entry(pid), ENTRY);
  child.kill("SIGKILL");
  await eventually("the entry is gone", () => entry(pid) === undefined);
});
