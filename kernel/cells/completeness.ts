import ts from "typescript";
import type { Completeness } from "./compilation.js";

/** `'*\/' expected` and an unterminated template: the text may go on, wherever the error is reported. */
const OPEN_ENDED_CODES = new Set([1010, 1160]);

const INDENT = "  ";

/** Whether a text is a whole cell, the beginning of one, or wrong whatever follows. */
export function completeness(code: string): Completeness {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
  const { parseDiagnostics } = file as unknown as { parseDiagnostics: ts.DiagnosticWithLocation[] };
  if (parseDiagnostics.length === 0) return { status: "complete" };
  const end = code.trimEnd().length;
  const isOpen = parseDiagnostics.every(({ start, code }) => start >= end || OPEN_ENDED_CODES.has(code));
  return isOpen ? { status: "incomplete", indent: nextIndent(code) } : { status: "invalid" };
}

/** The last line's indent, deeper after an opening bracket. */
function nextIndent(code: string): string {
  const line = code.trimEnd().split("\n").at(-1)!;
  const indent = /^\s*/.exec(line)![0];
  return /[{([]$/.test(line) ? indent + INDENT : indent;
}
