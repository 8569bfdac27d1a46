import { parseArgs } from "node:util";
import { UsageError } from "./usage-error.js";

type Option = { type: "string" | "boolean"; short?: string; multiple?: boolean };
export type Options = Record<string, Option>;

type ValueOf<O extends Option> = O["type"] extends "boolean" ? boolean : string;
type Values<T extends Options> = {
  [Name in keyof T]?: T[Name] extends { multiple: true } ? ValueOf<T[Name]>[] : ValueOf<T[Name]>;
};

/**
 * Reads a command's options and what stands between them.
 *
 * @throws {UsageError} that says what is accepted
 */
export function parseOptions<const T extends Options>(
  list: readonly string[],
  options: T,
  { most = 0, what = "" }: { most?: number; what?: string } = {},
): { values: Values<T>; rest: string[] } {
  const accepted = Object.entries(options).map(
    ([name, { short }]) => `${short ? `-${short}, ` : ""}--${name}`,
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...list], options, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_PARSE_ARGS_UNKNOWN_OPTION") {
      const [, name] = /'([^']+)'/.exec(message) ?? [];
      throw new UsageError(`unknown option ${name}; accepted: ${accepted.join(" ")}`);
    }
    if (code?.startsWith("ERR_PARSE_ARGS")) throw new UsageError(message.split("\n")[0]);
    throw error;
  }
  const { positionals: rest } = parsed;
  if (rest.length > most) {
    throw new UsageError(`too much: ${rest.slice(most).join(" ")}; accepted: ${what || "options only"}`);
  }
  return { values: parsed.values as Values<T>, rest };
}

/** A number of an option. @throws {UsageError} that names it */
export function numberOption(
  option: string,
  text: string,
  accepted: string,
  isRight: (n: number) => boolean,
): number {
  const value = Number(text);
  if (text.trim() === "" || !isRight(value))
    throw new UsageError(`${option} ${text}: ${accepted} is accepted`);
  return value;
}
