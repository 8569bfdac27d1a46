import type { Diagnostic } from "tslab/dist/converter.js";
import type { CellError } from "./compilation.js";
import { MAGICS } from "./magic.js";

const RED = "\u001b[31m";
const PLAIN = "\u001b[39m";

/** What is pasted and is no TypeScript has thousands. */
const MAX_FINDINGS = 20;
/** A longer line is cut on both sides of the place. */
const MAX_LINE = 300;
const SHOWN_BEFORE = 100;

/** Codes below this one are the parser's. */
const FIRST_SEMANTIC_CODE = 2000;

/**
 * What the compiler has against a cell, as an error with each place, its line and a mark under it.
 *
 * @param label of the cell, `In[3]`
 * @param textOf what stands in a file beside the notebook
 */
export function diagnosticsError(
  label: string,
  code: string,
  all: readonly Diagnostic[],
  textOf: (fileName: string) => string | undefined,
): CellError {
  const lines = code.split("\n");
  const diagnostics = withinCell(lines, all);
  const findings = grouped(diagnostics);
  const traceback = findings.slice(0, MAX_FINDINGS).flatMap(([first, ...details]) => {
    const { line, character } = first.start;
    const place = `${first.fileName ?? label}:${line + 1}:${character + 1}`;
    return [
      `${place} - ${RED}error${PLAIN} TS${first.code}: ${first.messageText}`,
      ...details.map((detail, depth) => `${"  ".repeat(depth + 1)}${detail.messageText}`),
      ...excerpt(
        first.fileName === undefined ? lines : (textOf(first.fileName)?.split(/\r?\n/) ?? []),
        first,
      ),
      ...missingPackage(first.messageText),
    ];
  });
  const more = findings.length - MAX_FINDINGS;
  if (more > 0) traceback.push(`… ${more.toLocaleString("en")} more errors`);
  const [first] = diagnostics;
  const isSyntax = first.code < FIRST_SEMANTIC_CODE;
  return {
    ename: isSyntax ? "SyntaxError" : "TypeScriptError",
    evalue: `TS${first.code}: ${first.messageText}`,
    traceback: diagnostics.some(isAtMagic(lines)) ? [...traceback, MAGIC_FIRST] : traceback,
  };
}

/** Whether a finding is in a magic that is none, as something stands before it. */
function isAtMagic(lines: readonly string[]): (diagnostic: Diagnostic) => boolean {
  return ({ fileName, start }) => {
    const [, kind] = /^\s*%%(\w+)/.exec(lines[start.line] ?? "") ?? [];
    return fileName === undefined && kind !== undefined && Object.hasOwn(MAGICS, kind);
  };
}

const MAGIC_FIRST = "A magic must be the cell's first line, and begin it: nothing stands above or before it.";

/** What helps where a package is not there; nothing for files and for what Node has itself. */
function missingPackage(message: string): string[] {
  const [, name] =
    /^Cannot find module (?:or type declarations for side-effect import of )?'((?:@[\w.~-]+\/)?[a-z\d~-][\w.~-]*)(?:\/[^']*)?'(?: or its|\.$)/.exec(
      message,
    ) ?? [];
  return name
    ? [`Packages are looked for in the notebook's folder and above. There: npm install ${name}`]
    : [];
}

/**
 * The findings, none behind the end of the text. The converter adds a line there: what it finds in it is an echo, or says
 * that the text has no end.
 */
function withinCell(lines: readonly string[], all: readonly Diagnostic[]): readonly Diagnostic[] {
  const isOfCell = ({ fileName, start }: Diagnostic) => fileName !== undefined || start.line < lines.length;
  const inside = all.filter(isOfCell);
  const line = Math.max(
    lines.findLastIndex((text) => text.trim() !== ""),
    0,
  );
  const character = lines[line].trimEnd().length;
  return (inside.length > 0 ? inside : all.slice(0, 1)).map((diagnostic) => {
    const { fileName, start } = diagnostic;
    if (fileName !== undefined || start.line <= line) return diagnostic;
    const end = { ...start, line, character };
    return { ...diagnostic, start: end, end };
  });
}

/** The converter lists a chain of messages one by one; those of one chain start at the same place. */
function grouped(diagnostics: readonly Diagnostic[]): Diagnostic[][] {
  const groups: Diagnostic[][] = [];
  for (const diagnostic of diagnostics) {
    const last = groups.at(-1);
    if (
      last &&
      last[0].start.offset === diagnostic.start.offset &&
      last[0].end.offset === diagnostic.end.offset
    ) {
      last.push(diagnostic);
    } else {
      groups.push([diagnostic]);
    }
  }
  return groups;
}

function excerpt(lines: readonly string[], { start, end }: Diagnostic): string[] {
  const line = lines[start.line];
  if (line === undefined) return [];
  const isLong = line.length > MAX_LINE;
  const from = isLong ? Math.max(0, start.character - SHOWN_BEFORE) : 0;
  const text = isLong ? line.slice(from, from + MAX_LINE) : line;
  const at = start.character - from;
  const stop = Math.min(end.line === start.line ? end.character - from : text.length, text.length);
  const margin = String(start.line + 1);
  const indent = text.slice(0, at).replace(/[^\t]/g, " ");
  const mark = "^".repeat(Math.max(1, stop - at));
  return [`${margin} ${text}`, `${" ".repeat(margin.length)} ${indent}${RED}${mark}${PLAIN}`];
}
