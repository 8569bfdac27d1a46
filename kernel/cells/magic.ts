import ts from "typescript";
import type { CellError, Magic } from "./compilation.js";

/** A cell behind its magic. */
export interface MagicCell {
  magic: Magic;
  /** The cell's TypeScript: its lines stand where they stood. */
  code: string;
}

/** How each is written, and what it does. */
export const MAGICS = {
  profile: [
    "%%profile [name] [options]",
    "profile() while the cell runs; the frame is shown, and bound to name",
  ],
  time: ["%%time", "prints the time that the cell takes, by the wall and of CPUs"],
  bash: ["%%bash", "runs the rest of the cell with bash"],
} as const;

/** No TypeScript begins with a percent sign. */
const FIRST_LINE = /^%[^\n]*/;
const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** Whether a cell begins with what is, or is meant as, a magic. */
export function hasMagic(code: string): boolean {
  return FIRST_LINE.test(code);
}

/**
 * Takes a cell's magic apart; undefined for a cell of TypeScript.
 *
 * `--user-only` is the option `userOnly: true`, `--frequency 997` the option with its value, `--pid 1,2` a list.
 */
export function parseMagic(code: string): MagicCell | { error: CellError } | undefined {
  const [line] = FIRST_LINE.exec(code) ?? [];
  if (line === undefined) return undefined;
  const rest = code.slice(line.length);
  const [, kind, text] = /^%%(\w*)(.*)$/.exec(line.trimEnd()) ?? [];
  const words = (text ?? "").trim().split(/\s+/).filter(Boolean);
  switch (kind) {
    case "profile":
      return profileMagic(words, rest);
    case "time":
    case "bash":
      if (words.length > 0)
        return usageError(`%%${kind} takes nothing behind it, and got ${words.join(" ")}`);
      if (kind === "time") return { magic: { kind }, code: rest };
      return { magic: { kind, script: rest.slice(1) }, code: "" };
    default: {
      const [word] = line.split(/\s/);
      return usageError(`${word} is no magic. ${all()}`);
    }
  }
}

function profileMagic(words: string[], code: string): MagicCell | { error: CellError } {
  const [first] = words;
  const name = first === undefined || first.startsWith("-") ? undefined : first;
  if (name !== undefined && !isVariable(name))
    return usageError(`%%profile cannot bind its frame to ${name}, which is no name of a variable`);
  const options: Record<string, unknown> = {};
  let option: string | undefined;
  for (const word of name === undefined ? words : words.slice(1)) {
    const [, flag, attached] = /^--([a-z][A-Za-z-]*)(?:=(.*))?$/.exec(word) ?? [];
    if (flag !== undefined) {
      option = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      options[option] = attached === undefined ? true : optionValue(attached);
      if (attached !== undefined) option = undefined;
    } else if (option !== undefined) {
      options[option] = optionValue(word);
      option = undefined;
    } else
      return usageError(
        `%%profile does not know what ${word} is. ${usage("profile")}; options are those of profile(), spelled ` +
          "--frequency 997 --user-only --cpu 0,1",
      );
  }
  return { magic: { kind: "profile", name, options }, code };
}

function optionValue(text: string): unknown {
  if (text.includes(",")) return text.split(",").map(optionValue);
  if (text === "true" || text === "false") return text === "true";
  return text !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function isVariable(name: string): boolean {
  if (!IDENTIFIER.test(name)) return false;
  const file = ts.createSourceFile("name.ts", `export const ${name} = 1;`, ts.ScriptTarget.Latest);
  return (file as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics.length === 0;
}

function usage(kind: keyof typeof MAGICS): string {
  const [form, meaning] = MAGICS[kind];
  return `${form}: ${meaning}`;
}

function all(): string {
  const list = (Object.keys(MAGICS) as (keyof typeof MAGICS)[]).map((kind) => `  ${usage(kind)}`);
  return `There are, on the first line of a cell:\n${list.join("\n")}`;
}

function usageError(evalue: string): { error: CellError } {
  return { error: { ename: "UsageError", evalue, traceback: `UsageError: ${evalue}`.split("\n") } };
}
