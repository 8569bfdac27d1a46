import type { Completeness, Completions, Inspection } from "./compilation.js";
import { completeness } from "./completeness.js";
import { hasMagic, MAGICS, parseMagic } from "./magic.js";

/** A script of another language, whose names are not TypeScript's. */
const BASH = /^%%bash\b/;

/** The cell's TypeScript with spaces in place of all else, so that positions stay. */
export function withoutMagic(code: string): string {
  if (BASH.test(code)) return code.replace(/[^\n]/g, " ");
  return hasMagic(code) ? code.replace(/^[^\n]*/, (line) => " ".repeat(line.length)) : code;
}

/**
 * What may stand at `cursor` in a magic, or in its script: nothing is known of that. Undefined for TypeScript.
 *
 * @param optionNames names of profile()'s options
 */
export function completeMagic(
  code: string,
  cursor: number,
  optionNames: () => readonly string[],
): Completions | undefined {
  const line = magicLine(code, cursor);
  if (line === undefined) return BASH.test(code) ? { start: cursor, end: cursor, matches: [] } : undefined;
  const [word] = /\S*$/.exec(line.slice(0, cursor))!;
  const start = cursor - word.length;
  const isProfile = line.startsWith("%%profile");
  const names =
    start === 0
      ? Object.keys(MAGICS).map((kind) => `%%${kind}`)
      : isProfile
        ? optionNames().map((name) => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`)
        : [];
  const kind = start === 0 ? "magic" : "property";
  const matches = names.filter((name) => name.startsWith(word)).map((text) => ({ text, kind }));
  return { start, end: cursor, matches };
}

/** What a magic is for, when `cursor` is in one. */
export function inspectMagic(code: string, cursor: number): Inspection | undefined {
  const line = magicLine(code, cursor);
  const [, kind] = /^%%(\w+)/.exec(line ?? "") ?? [];
  if (kind === undefined || !Object.hasOwn(MAGICS, kind)) return undefined;
  const [signature, documentation] = MAGICS[kind as keyof typeof MAGICS];
  return { signature, documentation };
}

/** Whether a cell with a magic is whole; undefined for one without. */
export function magicCompleteness(code: string): Completeness | undefined {
  const parsed = parseMagic(code);
  if (!parsed) return undefined;
  if ("error" in parsed) return { status: "invalid" };
  if (!code.includes("\n")) return { status: "incomplete", indent: "" };
  return parsed.magic.kind === "bash" ? { status: "complete" } : completeness(parsed.code);
}

/** The first line, if it is a magic and the cursor is in it. */
function magicLine(code: string, cursor: number): string | undefined {
  const [line] = code.split("\n", 1);
  return hasMagic(code) && cursor <= line.length ? line : undefined;
}
