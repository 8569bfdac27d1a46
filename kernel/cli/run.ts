import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { KernelClient } from "../jupyter/client.js";
import type { Command } from "./command.js";
import { DEFAULT_NAME, kernelSpec } from "./kernel-spec.js";
import { type CellEnd, executeNotebook } from "./notebook/execute.js";
import { type Notebook, notebookText, readNotebook, writeNotebook } from "./notebook/notebook-file.js";
import { assignment, inferredValue, injectParameters, type Value } from "./notebook/parameters.js";
import { plainText } from "./notebook/plain-text.js";
import { RunProgress } from "./notebook/run-progress.js";
import { numberOption, parseOptions } from "./options.js";
import { UsageError } from "./usage-error.js";

const USAGE = `usage: proflab run NOTEBOOK [options]

Executes a notebook from its first cell to its last, without Jupyter. Progress goes to stderr. Status: 0; 1 when a cell
failed (its traceback is printed, and what was done until then is saved); 2 for a wrong command line; 130 after Ctrl-C.

  -o, --output FILE      write the notebook with its outputs here, after each cell; "-" is stdout. Stdout, a pipe or a
                         device get it once, at the end.
                         Without it the cells' text goes to stdout
  --inplace              write it over NOTEBOOK
  -p, --parameter NAME=VALUE
                         set a variable, behind the cell tagged "parameters". True, None, numbers (also nan, inf) are
                         values, the rest is text
  -r, --raw NAME=TEXT    the same, always text
  -j, --json OBJECT      the same for each member: '{"pids": [1, 2], "title": "a"}'
  --replay               profiles with a \`recording\` come from there, without sampling: no privileges are needed
  --timeout SECONDS      longest time of one cell; default: none

A cell tagged "raises-exception" may fail, one tagged "skip-execution" is left out. Cells run in NOTEBOOK's folder.
Ctrl-C interrupts the cell, a second one ends the kernel.
`;

async function run(list: string[]): Promise<void> {
  const { values, rest } = parseOptions(
    list,
    {
      output: { type: "string", short: "o" },
      inplace: { type: "boolean" },
      parameter: { type: "string", short: "p", multiple: true },
      raw: { type: "string", short: "r", multiple: true },
      json: { type: "string", short: "j", multiple: true },
      replay: { type: "boolean" },
      timeout: { type: "string" },
    },
    { most: 1, what: "one notebook" },
  );
  const [path] = rest;
  if (path === undefined) throw new UsageError("which notebook?");
  if (values.output !== undefined && values.inplace)
    throw new UsageError("--output and --inplace exclude each other");
  const seconds =
    values.timeout === undefined
      ? undefined
      : numberOption(
          "--timeout",
          values.timeout,
          "a number of seconds above 0, up to two million",
          (value) => value > 0 && value <= 2e6,
        );
  const given = parameters(values);
  if (values.replay) process.env.PROFLAB_REPLAY = "1"; // the kernel's process inherits it
  const notebook = readNotebook(path);
  const notes = injectParameters(notebook, given);
  for (const note of notes) process.stderr.write(`proflab: ${note}\n`);
  const output = values.inplace ? path : values.output;
  const end = await execute(notebook, path, output, seconds && seconds * 1000);
  if (end.status === "interrupted") process.exitCode = 130;
  else if (end.status !== "ok") process.exitCode = 1;
}

async function execute(
  notebook: Notebook,
  path: string,
  output: string | undefined,
  timeoutMs: number | undefined,
): Promise<CellEnd> {
  const isStream = output !== undefined && output !== "-" && isPipeOrDevice(output);
  const save = () => {
    if (output !== undefined && output !== "-" && !isStream) writeNotebook(output, notebook);
  };
  try {
    if (isStream) accessSync(output, constants.W_OK);
    save(); // a place that cannot be written is known before the work
  } catch (error) {
    throw new UsageError(`the notebook cannot be written: ${(error as Error).message}`);
  }
  const stop = new AbortController();
  const giveUp = new AbortController();
  const onSignal = () => (stop.signal.aborted ? giveUp : stop).abort();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  const { argv } = kernelSpec();
  const client = await KernelClient.start({ command: argv, cwd: dirname(resolve(path)) });
  const progress = new RunProgress(process.stderr);
  try {
    await describeKernel(notebook, client);
    const end = await executeNotebook(notebook, client, {
      ...{ timeoutMs, stop: stop.signal, giveUp: giveUp.signal },
      onStart: (cell, index, count) => progress.start(cell, index, count),
      onEnd: (cell, ended) => {
        progress.end(ended.status);
        save();
        if (output === undefined) process.stdout.write(plainText(cell));
      },
    });
    if (end.traceback.length > 0) {
      const text = `${end.traceback.join("\n")}\n`;
      process.stderr.write(process.stderr.isTTY ? text : stripVTControlCharacters(text));
    }
    return end;
  } finally {
    save();
    if (output === "-") process.stdout.write(notebookText(notebook));
    await client.close();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, onSignal);
    if (isStream) writeNotebook(output, notebook); // a pipe may wait for its reader
  }
}

/** What takes all that is written to it, one after the other. */
function isPipeOrDevice(path: string): boolean {
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && (there.isFIFO() || there.isCharacterDevice());
}

/** What a notebook says about its kernel and language, where it did not say so yet. */
async function describeKernel(notebook: Notebook, client: KernelClient): Promise<void> {
  const { language_info } = await client.request("kernel_info_request");
  const { display_name, language } = kernelSpec();
  notebook.metadata.kernelspec ??= { display_name, language, name: DEFAULT_NAME };
  notebook.metadata.language_info = language_info as Notebook["metadata"]["language_info"];
}

function parameters(values: { parameter?: string[]; raw?: string[]; json?: string[] }): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const text of values.json ?? []) {
    let object: Value;
    try {
      object = JSON.parse(text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text);
    } catch (error) {
      throw new UsageError(`--json ${text}: ${(error as Error).message}`);
    }
    if (typeof object !== "object" || object === null || Array.isArray(object))
      throw new UsageError(`--json ${text}: an object is accepted, each member of which is a parameter`);
    for (const [name, value] of Object.entries(object)) found.set(assignment("--json", `${name}=`)[0], value);
  }
  for (const text of values.raw ?? []) found.set(...assignment("-r", text));
  for (const text of values.parameter ?? []) {
    const [name, word] = assignment("-p", text);
    found.set(name, inferredValue(word));
  }
  return found;
}

export const command: Command = { usage: USAGE, run };
