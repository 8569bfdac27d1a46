#!/usr/bin/env node
import { createRequire } from "node:module";
import type { Command } from "./command.js";
import { UsageError } from "./usage-error.js";

const USAGE = `usage: proflab COMMAND [options]

  install       make Jupyter know the kernel
  uninstall     remove what install wrote
  doctor        look for what is missing, and say what helps
  lab           open JupyterLab with the kernel
  profile       sample stacks and print them, by the options of BCC's profile
  run NOTEBOOK  execute a notebook without Jupyter
  kernel FILE   run the kernel for a connection file

proflab COMMAND --help says more. proflab --version prints the version.
`;

/** Each command is loaded when it is called, so that none pays for another. */
const COMMANDS: Record<string, () => Promise<{ command: Command }>> = {
  install: () => import("./install.js"),
  uninstall: () => import("./uninstall.js"),
  doctor: () => import("./doctor.js"),
  lab: () => import("./lab.js"),
  profile: () => import("./profile.js"),
  run: () => import("./run.js"),
  kernel: () => import("./kernel.js"),
};

// Whoever reads the output has seen enough: `proflab profile | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const [name, ...list] = process.argv.slice(2);
if (name === "--help" || name === "-h" || name === "help") {
  process.stdout.write(USAGE);
} else if (name === "--version") {
  process.stdout.write(`${createRequire(import.meta.url)("../../../package.json").version}\n`);
} else {
  await main();
}

async function main(): Promise<void> {
  let usage = USAGE;
  try {
    if (name === undefined) throw new UsageError("no command");
    if (!Object.hasOwn(COMMANDS, name)) throw new UsageError(`unknown command "${name}"`);
    const { command } = await COMMANDS[name]();
    usage = command.usage;
    if (asksForHelp(list)) process.stdout.write(usage);
    else await command.run(list);
  } catch (error) {
    if (isExplained(error)) {
      process.stderr.write(`proflab: ${error.message}\n`);
      process.exitCode = 1;
      return;
    }
    if (!(error instanceof UsageError)) throw error;
    const [line] = usage.split("\n");
    const more = usage === USAGE ? "proflab --help" : `proflab ${name} --help`;
    process.stderr.write(`proflab: ${error.message}\n\n${line}\n${more} says more\n`);
    process.exitCode = 2;
  }
}

/** Errors of sampling say what is missing and what helps: our own stack would hide it. */
function isExplained(error: unknown): error is Error {
  return error instanceof Error && (error as { isExplained?: boolean }).isExplained === true;
}

/** Whether `--help` stands among the options; what follows `--` is for another program. */
function asksForHelp(words: string[]): boolean {
  const end = words.indexOf("--");
  return (end < 0 ? words : words.slice(0, end)).some((word) => word === "--help" || word === "-h");
}
