import { fileURLToPath } from "node:url";
import { inspect, stripVTControlCharacters } from "node:util";
import type { CellError } from "./compilation.js";

const PACKAGE = new URL("../../", import.meta.url);
const OWN_FRAMES = [PACKAGE.href, fileURLToPath(PACKAGE), "node:internal/", "node:vm:", "(node:vm"];

/** What a cell threw, as Jupyter shows it: the stack without the kernel's own frames, with causes. */
export function cellError(thrown: unknown): CellError {
  if (!isError(thrown)) {
    const evalue = inspect(thrown);
    return { ename: "Uncaught", evalue, traceback: [`Uncaught ${inspect(thrown, { colors: true })}`] };
  }
  return {
    ename: String(thrown.name || "Error"),
    evalue: String(thrown.message),
    traceback: errorText(thrown, true).split("\n"),
  };
}

/**
 * An error with its stack, causes and fields as text, without the kernel's own frames.
 *
 * An error that this package throws has said all in its message: its fields are left out.
 */
export function errorText(error: unknown, colors: boolean): string {
  if (isError(error) && isOurs(error)) {
    const lines = error.stack!.split("\n").filter(isOfInterest);
    if (isError(error.cause)) lines.push(`caused by ${error.cause.name}: ${error.cause.message}`);
    return lines.join("\n");
  }
  return inspect(error, { colors }).split("\n").filter(isOfInterest).join("\n");
}

/** Works for errors of other realms too. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

/** Whether it was made by this package's code. */
function isOurs(error: Error): boolean {
  const top = error.stack?.split("\n").find((line) => line.startsWith("    at "));
  return top !== undefined && (top.includes(PACKAGE.href) || top.includes(fileURLToPath(PACKAGE)));
}

function isOfInterest(line: string): boolean {
  const text = stripVTControlCharacters(line);
  if (!text.trimStart().startsWith("at ")) return true;
  return !OWN_FRAMES.some((own) => text.includes(own));
}
