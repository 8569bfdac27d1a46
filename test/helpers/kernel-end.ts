import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { type KernelClient, result } from "./kernel-client.js";
import { eventually } from "./sampler-runtime.js";

/** Pid of the process that runs a kernel's cells. */
export async function cellPid(kernel: KernelClient): Promise<number> {
  return Number(result((await kernel.execute("process.pid")).iopub)!["text/plain"]);
}

/** Waits for a kernel's own end. */
export async function kernelEnded({ process, terminal }: KernelClient, code: number): Promise<void> {
  await eventually("the kernel has ended", () => process.exitCode !== null || process.signalCode !== null);
  assert.equal(process.exitCode, code, terminal);
}

/** Starts a kernel that has ended as its manager does, on the same connection; who calls ends it. */
export function startAgain({ process: { spawnfile, spawnargs }, directory }: KernelClient): ChildProcess {
  return spawn(spawnfile, spawnargs.slice(1), { cwd: directory, stdio: "inherit" });
}
