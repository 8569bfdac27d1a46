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

/** An error with its stack, causes and fields as text, without the kernel's own frames. */
export function errorText(error: unknown, colors: boolean): string {
  return inspect(error, { colors }).split("\n").filter(isOfInterest).join("\n");
}

/** Works for errors of other realms too. */
function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";
}

function isOfInterest(line: string): boolean {
  const text = stripVTControlCharacters(line);
  if (!text.trimStart().startsWith("at ")) return true;
  return !OWN_FRAMES.some((own) => text.includes(own));
}
