import { fileURLToPath } from "node:url";
import { inspect, stripVTControlCharacters } from "node:util";
import type { CellError } from "./compilation.js";
import { sourceLine, typedNames } from "./stack-trace.js";

const PACKAGE = new URL("../../", import.meta.url);
const OWN_FRAMES = [PACKAGE.href, fileURLToPath(PACKAGE), "node:internal/", "node:vm:", "(node:vm"];

/** Longer messages are cut: a notebook keeps them. In characters. */
const MAX_MESSAGE = 20_000;
/** Causes of causes, and members of an AggregateError, that are shown. */
const MAX_DEPTH = 8;
const MAX_ERRORS = 10;

const RED = "\u001b[31m";
const PLAIN = "\u001b[39m";

/** What a cell threw, as Jupyter shows it: the stack without the kernel's own frames, with causes. */
export function cellError(thrown: unknown): CellError {
  if (!isError(thrown)) {
    const evalue = shown(thrown, false);
    const text = shown(thrown, true, evalue);
    return { ename: "Uncaught", evalue, traceback: `${RED}Uncaught${PLAIN} ${text}`.split("\n") };
  }
  const { name, message } = facts(thrown);
  return {
    ename: name,
    evalue: stripVTControlCharacters(message),
    traceback: [...excerpt(thrown), ...errorText(thrown, true).split("\n")],
  };
}

/**
 * An error with its stack, causes and fields as text, without the kernel's own frames.
 *
 * An error that this package throws has said all in its message: its fields, and the frames of Node, are left out.
 */
export function errorText(error: unknown, colors: boolean): string {
  const text = isError(error) ? errorLines(error, colors, new Set()).join("\n") : shown(error, colors);
  return colors ? text : stripVTControlCharacters(text);
}

function errorLines(error: Error, colors: boolean, seen: Set<Error>): string[] {
  if (seen.has(error)) return ["[Circular]"];
  if (seen.size >= MAX_DEPTH) return ["…"];
  const path = new Set(seen).add(error);
  const { name, message, frames } = facts(error);
  const isOwn = isOurs(frames);
  const lines = [
    ...cut(message === "" ? name : `${name}: ${message}`).split("\n"),
    ...frames.filter((frame) => isOfInterest(frame) && !(isOwn && /[( ]node:/.test(frame))),
  ];
  lines[0] = `${RED}${lines[0].slice(0, name.length)}${PLAIN}${lines[0].slice(name.length)}`;
  const nested = (label: string, value: unknown) => {
    const [first, ...rest] = isError(value)
      ? errorLines(value, colors, path)
      : shown(value, colors).split("\n");
    lines.push(`  [${label}]: ${first}`, ...rest.map((line) => `  ${line}`));
  };
  const cause = safely(() => error.cause, undefined);
  if (cause !== undefined) nested("cause", cause);
  const errors: unknown = safely(() => (error as AggregateError).errors, undefined);
  if (Array.isArray(errors)) {
    for (const [at, one] of errors.slice(0, MAX_ERRORS).entries()) nested(`errors ${at}`, one);
    if (errors.length > MAX_ERRORS) lines.push(`  … ${errors.length - MAX_ERRORS} more errors`);
  }
  const fields = isOwn ? {} : fieldsOf(error);
  if (Object.keys(fields).length > 0) lines.push(...shown(fields, colors, "{ … }").split("\n"));
  return lines;
}

/** Own fields beside those that every error has. */
function fieldsOf(error: Error): Record<string, unknown> {
  const known = new Set(["name", "message", "stack", "cause", "errors"]);
  return safely(() => {
    const entries = Object.entries(error).filter(([name]) => !known.has(name));
    return Object.fromEntries(entries);
  }, {});
}

/** Name, message and frames. An error may be anything: its fields may be missing, of other types, or throw. */
function facts(error: Error): { name: string; message: string; frames: string[] } {
  const name = cut(safely(() => String(error.name || "Error"), "Error")).replace(/\s+/g, " ");
  const raw = safely(() => String(error.message ?? ""), "");
  const message = cut(name === "TypeError" ? typedNames(raw) : raw);
  const stack = safely(() => String(error.stack ?? ""), "");
  // The message may look like frames; they stand behind it.
  const start = message && stack.includes(message) ? stack.indexOf(message) + message.length : 0;
  const frames = stack
    .slice(start)
    .split("\n")
    .filter((line) => /^ {4}at /.test(line));
  return { name, message, frames };
}

/** Works for errors of other realms too. */
function isError(value: unknown): value is Error {
  return safely(
    () => value instanceof Error || Object.prototype.toString.call(value) === "[object Error]",
    false,
  );
}

/** Whether it was made by this package's code. */
function isOurs([top]: string[]): boolean {
  return top !== undefined && (top.includes(PACKAGE.href) || top.includes(fileURLToPath(PACKAGE)));
}

function isOfInterest(frame: string): boolean {
  return !OWN_FRAMES.some((own) => frame.includes(own));
}

/** The line of the cell in which it happened, with a caret under the place. */
function excerpt(error: Error): string[] {
  const places = facts(error).frames.map((frame) => /\bIn\[(\d+)\]:(\d+):(\d+)\)?$/.exec(frame));
  const [, cell, line, column] = places.find((place) => place !== null) ?? [];
  const text = cell && sourceLine(Number(cell), Number(line));
  if (!text?.trim() || text.length > 300) return [];
  const indent = text.slice(0, Number(column) - 1).replace(/[^\t]/g, " ");
  return [`In[${cell}]:${line}`, text, `${indent}${RED}^${PLAIN}`, ""];
}

/** A value as text, without the grey that Node gives to some: on the dark ground of an error nobody can read it. */
function shown(value: unknown, colors: boolean, otherwise = "a value that cannot be shown"): string {
  return cut(safely(() => inspect(value, { colors }).replaceAll("\u001b[90m", PLAIN), otherwise));
}

/** Colours stay; what else moves a terminal's cursor, rings or turns the direction of text around does not. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /\x1b(?!\[[\d;]*m)|[\0-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

function cut(text: string): string {
  const more = text.length - MAX_MESSAGE;
  const kept = more > 0 ? `${text.slice(0, MAX_MESSAGE)}… ${more} more characters` : text;
  return kept.replace(CONTROLS, "\ufffd");
}

function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
