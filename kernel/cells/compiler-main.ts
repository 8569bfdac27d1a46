import { readSync, writeSync } from "node:fs";
import { startupSnapshot } from "node:v8";
import ts from "typescript";
import { Compiler } from "./compiler.js";
import type { CompilerRequest, CompilerResponse } from "./compiler-messages.js";
import { recheckDeclarationFiles } from "./declaration-files.js";

/** Descriptor on which requests come and answers go, a line of JSON each. */
const CHANNEL = 3;
const NEWLINE = 10;

/** A part of TypeScript 6.0 that exists at run time and is not declared. */
const { setUILocale } = ts as unknown as { setUILocale(locale: string | undefined): void };

/** What is compiled, completed and inspected before a snapshot is taken, so that the functions for it are in it. */
const REHEARSAL = [
  "import * as fs from 'node:fs';\nconst text: string = fs.readFileSync('a', 'utf8'); text.length",
  "class Point { constructor(readonly x: number) {} }\nfunction double(a: number) { return a * 2; }\ninterface I { a: number }",
  "const frame = await profile(() => [1, 2].map((a) => ({ a }))); frame.query",
  "let n = 0; for (const i of [1, 2]) n += i;\nconsole.log(n)",
  "const wrong: number = 'text'",
];

/** What the types of a first cell are, which the checker in the snapshot then knows. */
const FIRST_CELLS = [
  "const n: number = 1; n + 1",
  "console.log('text'.length, [1, 2].map(String), new Map<string, number>())",
  "await Promise.resolve(1)",
  "const frame = await profile(() => 1);\nframe",
];

if (startupSnapshot.isBuildingSnapshot()) {
  rehearse();
  startupSnapshot.setDeserializeMainFunction(serve);
} else {
  serve();
}

/** Answers until the kernel closes the channel. */
function serve(): void {
  process.on("SIGINT", () => {}); // for the cell, when a terminal sends it to all
  recheckDeclarationFiles();
  const compiler = new Compiler(process.argv.at(-1));
  answer(0, () => undefined); // it is ready
  for (const line of lines()) {
    const { id, method, arguments: list } = JSON.parse(line) as CompilerRequest;
    answer(id, () => (compiler[method] as (...list: unknown[]) => unknown)(...list));
    prepare(compiler);
  }
}

/** What fails of it fails again, and is told, when it is needed. */
function prepare(compiler: Compiler): void {
  try {
    compiler.prepare();
  } catch {
    // the compiler begins anew with the next request
  }
}

function answer(id: number, ask: () => unknown): void {
  let response: CompilerResponse;
  try {
    response = { id, value: ask() };
  } catch (error) {
    response = { id, error: (error as Error).stack ?? String(error) };
  }
  const bytes = Buffer.from(`${JSON.stringify(response)}\n`);
  for (let written = 0; written < bytes.length; ) written += writeSync(CHANNEL, bytes, written);
}

function* lines(): Generator<string> {
  const buffer = Buffer.allocUnsafe(64 << 10);
  let parts: Buffer[] = [];
  for (;;) {
    const count = readSync(CHANNEL, buffer);
    if (count === 0) return;
    let start = 0;
    for (let end = buffer.indexOf(NEWLINE); end >= 0 && end < count; end = buffer.indexOf(NEWLINE, start)) {
      yield Buffer.concat([...parts, buffer.subarray(start, end)]).toString();
      parts = [];
      start = end + 1;
    }
    if (start < count) parts.push(Buffer.from(buffer.subarray(start, count)));
  }
}

function rehearse(): void {
  const compiler = new Compiler("/");
  for (const [index, code] of [...REHEARSAL, ...REHEARSAL].entries()) {
    compiler.compile(code, index);
    compiler.commit(index);
  }
  compiler.complete("Math.a", 6);
  compiler.inspect("profile", 3);
  compiler.isComplete("if (");
  compiler.close();
  const first = new Compiler("/");
  for (const [index, code] of FIRST_CELLS.entries()) first.compile(code, index);
  first.bequeath();
  // TypeScript's collator, made for completions, cannot be in a snapshot: a change of the locale drops it.
  setUILocale("en");
  setUILocale(undefined);
}
