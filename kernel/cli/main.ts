#!/usr/bin/env node
import { createRequire } from "node:module";
import { UsageError } from "./usage-error.js";

const USAGE = `usage: proflab <command> [options]

  install      make Jupyter know the kernel   [--user | --prefix DIR | --sys-prefix] [--name NAME]
  uninstall    remove what install wrote      (the same options)
  kernel FILE  run the kernel for a connection file
`;

type Command = (list: string[]) => void | Promise<void>;

/** Each command is loaded when it is called, so that none pays for another. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  install: async () => (await import("./install.js")).install,
  uninstall: async () => (await import("./uninstall.js")).uninstall,
  kernel: async () => (await import("./kernel.js")).kernel,
};

const [name, ...list] = process.argv.slice(2);
if (name === "--help" || name === "-h" || name === "help") {
  process.stdout.write(USAGE);
} else if (name === "--version") {
  process.stdout.write(`${createRequire(import.meta.url)("../../../package.json").version}\n`);
} else {
  await run(Object.hasOwn(COMMANDS, name ?? "") ? COMMANDS[name] : undefined);
}

async function run(load: (() => Promise<Command>) | undefined): Promise<void> {
  try {
    if (!load) throw new UsageError(name === undefined ? "no command" : `unknown command "${name}"`);
    await (await load())(list);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    process.stderr.write(`proflab: ${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  }
}

/** `parseArgs` says what it does not accept by errors of its own. */
function isUsageError(error: unknown): error is Error {
  const code = (error as NodeJS.ErrnoException).code;
  return error instanceof UsageError || (code?.startsWith("ERR_PARSE_ARGS") ?? false);
}
