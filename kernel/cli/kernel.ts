import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Command } from "./command.js";
import { KERNEL_FLAGS, KERNEL_MAIN } from "./kernel-spec.js";
import { UsageError } from "./usage-error.js";

const USAGE = `usage: proflab kernel FILE

Runs the kernel, with the flags it needs, for a connection file of Jupyter's, until it ends.
`;

async function run(list: string[]): Promise<void> {
  if (list.length !== 1) throw new UsageError("kernel takes one argument, the connection file");
  const child = spawn(process.execPath, [...KERNEL_FLAGS, KERNEL_MAIN, list[0]], {
    stdio: "inherit",
    env: { ...process.env, JPY_PARENT_PID: String(process.pid) },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
  const [code] = await once(child, "exit");
  process.exitCode = code ?? 1;
}

export const command: Command = { usage: USAGE, run };
