import type { Converter } from "tslab/dist/converter.js";
import ts from "typescript";
import type { Completions } from "./compilation.js";
import { runningProcesses } from "./process-list.js";

type Match = Completions["matches"][number];
type Found = ReturnType<Converter["complete"]>;

/** What the converter puts before a cell, and leaves in the spans that it passes on. */
const PREFIX_LENGTH = "export {};\n".length;

/** Processes that are offered at most. */
const MAX_PROCESSES = 200;

/** Methods of a frame that take names of its columns. */
const TAKE_COLUMNS = new Set([
  ...["groupby", "col", "column", "drop", "sortValues", "setIndex", "addColumn", "asType", "rename", "loc"],
  ...["distribution", "dropNa", "fillNa", "select"],
]);

/**
 * Makes of what the converter found what a notebook shows: names that begin with `$` or `_` last, in a string what belongs
 * there, with the range that it replaces, and processes where profile() takes one.
 *
 * @param columns names of columns of the live frames, by variable
 */
export function completions(
  code: string,
  cursor: number,
  found: Found,
  columns: ReadonlyMap<string, readonly string[]>,
): Completions {
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const literal = stringAt(file, cursor);
  if (literal) return inString(code, cursor, literal, found, columns);
  const kinds = new Map(found.original?.entries.map((entry) => [entry.name, entry.kind as string]));
  const isInternal = (name: string) => /^[$_]/.test(name);
  // danfojs has two dozen members that begin with `$`: they come after those that are meant to be called.
  const names = [...found.candidates].sort((a, b) => Number(isInternal(a)) - Number(isInternal(b)));
  const matches = names.map((text) => ({ text, kind: kinds.get(text) ?? "" }));
  const processes = processMatches(file, code, cursor);
  if (!processes) return { start: found.start, end: found.end, matches };
  const { start, matches: first } = processes;
  const rest = start === found.start ? matches : [];
  return { start, end: cursor, matches: [...first, ...rest] };
}

function inString(
  code: string,
  cursor: number,
  literal: ts.StringLiteralLike,
  found: Found,
  columns: ReadonlyMap<string, readonly string[]>,
): Completions {
  const names = columnsFor(literal, columns);
  const entries = found.original?.entries ?? [];
  const start = names ? literal.getStart() + 1 : replacedFrom(code, cursor, literal, entries);
  const typed = code.slice(start, cursor).toLowerCase();
  const candidates: Match[] =
    names?.map((text) => ({ text, kind: "column" })) ??
    // Names are those of the module, not what TypeScript would import.
    entries.map(({ name, kind }) => ({ text: name, kind: kind as string }));
  const matches = candidates.filter(({ text }) => text.toLowerCase().startsWith(typed));
  return {
    start,
    end: cursor,
    matches: matches.map((match) => ({ ...match, text: quoted(match.text, code, literal) })),
  };
}

const PATH_KINDS = new Set(["script", "directory", "external module name"]);

/** Where what the entries replace begins: TypeScript says it of names that are more than one word. */
function replacedFrom(
  code: string,
  cursor: number,
  literal: ts.Node,
  entries: readonly { kind: string; replacementSpan?: ts.TextSpan }[],
): number {
  const content = literal.getStart() + 1;
  const [first] = entries;
  if (first?.replacementSpan) return Math.max(content, first.replacementSpan.start - PREFIX_LENGTH);
  if (!first || !PATH_KINDS.has(first.kind)) return content;
  return content + code.slice(content, cursor).lastIndexOf("/") + 1;
}

/** The string that the cursor is in, also one that is not closed yet. */
function stringAt(file: ts.SourceFile, cursor: number): ts.StringLiteralLike | undefined {
  let found: ts.StringLiteralLike | undefined;
  const visit = (node: ts.Node): void => {
    if (cursor <= node.getFullStart() || cursor > node.end) return;
    if (ts.isStringLiteralLike(node) && node.getStart() < cursor) {
      const isClosed =
        !(node as { isUnterminated?: boolean }).isUnterminated && node.end > node.getStart() + 1;
      if (!isClosed || cursor < node.end) found = node;
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** A name inside of the quotes that are there. */
function quoted(text: string, code: string, literal: ts.Node): string {
  const quote = code[literal.getStart()];
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll(quote, `\\${quote}`);
}

/** Columns of the frame whose `frame["…"]` or `frame.groupby(["…` the string is; undefined for another string. */
function columnsFor(
  literal: ts.Node,
  columns: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  for (let node = literal.parent; node && !ts.isSourceFile(node); node = node.parent) {
    if (ts.isElementAccessExpression(node)) return columns.get(rootName(node.expression) ?? "");
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression, name } = node.expression;
      const known = TAKE_COLUMNS.has(name.text) ? columns.get(rootName(expression) ?? "") : undefined;
      if (known) return known;
    }
    if (ts.isFunctionLike(node)) return undefined;
  }
  return undefined;
}

/** `df` of `df.query(…).groupby`. */
function rootName(node: ts.Expression): string | undefined {
  let at: ts.Expression = node;
  while (ts.isPropertyAccessExpression(at) || ts.isCallExpression(at) || ts.isNonNullExpression(at))
    at = at.expression;
  return ts.isIdentifier(at) ? at.text : undefined;
}

/** Processes where `profile({ pid: …` or `pid: [1, …` expects one, as `4242 /* name *\/`. */
function processMatches(
  file: ts.SourceFile,
  code: string,
  cursor: number,
): { start: number; matches: Match[] } | undefined {
  const [typed] = /[\w.-]*$/.exec(code.slice(0, cursor))!;
  const start = cursor - typed.length;
  // A value that is not there yet begins where the text before it ends.
  if (!isPidOfProfile(file, code.slice(0, start).trimEnd().length)) return undefined;
  const matches = runningProcesses()
    .filter(
      ({ pid, name }) => String(pid).startsWith(typed) || name.toLowerCase().startsWith(typed.toLowerCase()),
    )
    .slice(0, MAX_PROCESSES)
    .map(({ pid, name }) => ({ text: `${pid} /* ${comment(name)} */`, kind: "process" }));
  return { start, matches };
}

/** A process may call itself anything. */
function comment(name: string): string {
  return name.replaceAll("*/", "* /").replace(/\p{C}/gu, "�");
}

function isPidOfProfile(file: ts.SourceFile, position: number): boolean {
  let isPid = false;
  const visit = (node: ts.Node): void => {
    if (position < node.pos || position > node.end) return;
    if (ts.isPropertyAssignment(node) && isNamed(node.name, "pid") && position > node.name.end) {
      const { parent } = node.parent;
      const call = parent && ts.isCallExpression(parent) ? parent.expression.getText() : "";
      isPid ||= call === "profile" || call === "profile.start";
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return isPid;
}

/** Also a name in quotes. */
function isNamed(name: ts.PropertyName, text: string): boolean {
  return (ts.isIdentifier(name) || ts.isStringLiteral(name)) && name.text === text;
}
