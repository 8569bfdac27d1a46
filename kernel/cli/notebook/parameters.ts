import { UsageError } from "../usage-error.js";
import { type Cell, codeCell, joined, type Notebook } from "./notebook-file.js";

/** Tags by which papermill finds the cell with the defaults, and the cell that it made. */
const PARAMETERS = "parameters";
const INJECTED = "injected-parameters";

const NAME = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const INTEGER = /^[+-]?\d+$/;
const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const NOT_FINITE: Record<string, number> = { nan: Number.NaN, inf: Infinity, infinity: Infinity };

/** What a parameter can be. */
export type Value = string | number | bigint | boolean | null | Value[] | { [key: string]: Value };

/**
 * The value that a word of the command line means, as papermill infers it: `True`, `None`, an integer, a float, else text.
 * TypeScript's own `true`, `false` and `null` are taken, too.
 */
export function inferredValue(word: string): Value {
  if (/^[Tt]rue$/.test(word)) return true;
  if (/^[Ff]alse$/.test(word)) return false;
  if (/^(None|null)$/.test(word)) return null;
  if (INTEGER.test(word)) return Number.isSafeInteger(Number(word)) ? Number(word) : BigInt(word);
  if (FLOAT.test(word)) return Number(word);
  const [, sign, name] = /^([+-]?)(\w+)$/.exec(word) ?? [];
  const special = NOT_FINITE[name?.toLowerCase()];
  if (special !== undefined) return sign === "-" ? -special : special;
  return word;
}

/** `name=value`, taken apart. @throws {UsageError} when there is no name */
export function assignment(option: string, text: string): [name: string, word: string] {
  const at = text.indexOf("=");
  const name = text.slice(0, at);
  if (at < 0 || !isVariable(name)) {
    throw new UsageError(`${option} ${text}: name=value is accepted, with a name that a variable can have`);
  }
  return [name, text.slice(at + 1)];
}

/** Reserved words are none. */
function isVariable(name: string): boolean {
  if (!NAME.test(name)) return false;
  try {
    new Function(`"use strict"; async () => { let ${name}; }`);
    return true;
  } catch {
    return false;
  }
}

/** The cell's code that declares the parameters. */
export function parametersCode(parameters: ReadonlyMap<string, Value>): string {
  const lines = [...parameters].map(([name, value]) => `let ${name}${typeOf(value)} = ${literal(value)};`);
  return ["// Parameters", ...lines, ""].join("\n");
}

/** A type where the one that TypeScript would infer is too narrow for what the notebook does with the default. */
function typeOf(value: Value): string {
  if (value === null) return ": any";
  if (Array.isArray(value)) {
    const types = new Set(value.map((item) => (item === null ? "null" : typeof item)));
    return types.size === 1 && !types.has("null") && !types.has("object") ? "" : ": any[]";
  }
  return typeof value === "object" ? ": Record<string, any>" : "";
}

function literal(value: Value): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value); // NaN and Infinity are names
  if (typeof value === "string") return text(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  // A computed name, because `"__proto__": x` would set the prototype.
  const entries = Object.entries(value).map(([key, item]) => {
    return `${key === "__proto__" ? `[${text(key)}]` : text(key)}: ${literal(item)}`;
  });
  return `{ ${entries.join(", ")} }`;
}

/** JSON's text is TypeScript's; line separators are escaped, so that lines are counted alike everywhere. */
function text(value: string): string {
  return JSON.stringify(value).replace(
    /[\u2028\u2029\u0085]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Puts the parameters in a cell behind the one with the tag `parameters`, or at the top. A cell that was injected before
 * is replaced. Returns what a user should know.
 */
export function injectParameters(notebook: Notebook, parameters: ReadonlyMap<string, Value>): string[] {
  if (parameters.size === 0) return [];
  const { cells } = notebook;
  const cell = codeCell(notebook, parametersCode(parameters), [INJECTED]);
  const defaults = cells.findIndex((candidate) => hasTag(candidate, PARAMETERS));
  const before = cells.findIndex((candidate) => hasTag(candidate, INJECTED));
  if (before >= 0) cells[before] = { ...cell, ...(cells[before].id && { id: cells[before].id }) };
  else cells.splice(defaults + 1, 0, cell);
  if (defaults < 0) return [`no cell is tagged "${PARAMETERS}": the parameters stand at the top`];
  const declared = joined(cells[defaults].source);
  const isDeclared = (name: string) =>
    new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(declared);
  return [...parameters.keys()]
    .filter((name) => !isDeclared(name))
    .map((name) => `the cell tagged "${PARAMETERS}" knows no ${name}`);
}

export function hasTag(cell: Cell, tag: string): boolean {
  const { tags } = cell.metadata;
  return Array.isArray(tags) && tags.includes(tag);
}
