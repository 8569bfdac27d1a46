import { SourceMap } from "node:module";
import type { CompiledCell } from "./compilation.js";

/** The compiler puts one line, `export {};`, before a cell. */
const PREFIX_LINES = 1;

const CELL_POSITION = /cell\[(\d+)\]\.ts:(\d+):(\d+)/g;

/** Source maps of the cells so far, by cell number; parsed at the first error. */
const maps = new Map<number, string[] | SourceMap[]>();
const emitted = new Map<number, string>();

/** Remembers how a cell maps back to what the user wrote. */
export function rememberCell({
  number,
  code,
  sourceMaps,
}: Omit<CompiledCell, "fileName" | "sideFiles">): void {
  maps.set(number, sourceMaps);
  emitted.set(number, code);
}

/** What was emitted for a cell; undefined for a number that no cell of this process has. */
export function emittedCode(number: number): string | undefined {
  return emitted.get(number);
}

/**
 * Where a position in a cell's emitted code is in the cell. Lines and columns count from one.
 *
 * @returns undefined for code that no line of the cell stands for
 */
export function cellPosition(
  number: number,
  line: number,
  column: number,
): { line: number; column: number } | undefined {
  const chain = parsedMaps(number);
  let at = { line: line - 1, column: column - 1 };
  for (const map of chain) {
    const entry = map.findEntry(at.line, at.column);
    if (!("originalLine" in entry)) return undefined;
    at = { line: entry.originalLine, column: entry.originalColumn };
  }
  const cellLine = chain.length > 0 ? at.line - PREFIX_LINES : at.line;
  return cellLine < 0 ? undefined : { line: cellLine + 1, column: at.column + 1 };
}

/** Replaces positions of emitted code (`cell[3].ts:9:4`) by positions in the cell. */
export function mapPositions(text: string): string {
  return text.replace(CELL_POSITION, (whole, number, line, column) => {
    const at = cellPosition(Number(number), Number(line), Number(column));
    return at ? `cell[${number}].ts:${at.line}:${at.column}` : whole;
  });
}

/** Number of the cell whose code made an error; undefined when none is in its stack. */
export function cellOf(error: Error): number | undefined {
  const [, number] = /cell\[(\d+)\]\.ts:\d/.exec(error.stack ?? "") ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Makes every `error.stack` from now on speak of the lines that the user wrote. */
export function installStackTraces(): void {
  Error.prepareStackTrace = (error, sites) => {
    let title: string;
    try {
      title = String(error);
    } catch {
      title = "Error";
    }
    return [title, ...sites.map((site) => `    at ${mapPositions(String(site))}`)].join("\n");
  };
}

function parsedMaps(number: number): SourceMap[] {
  const known = maps.get(number) ?? [];
  const parsed = known.map((map) => (typeof map === "string" ? new SourceMap(JSON.parse(map)) : map));
  maps.set(number, parsed);
  return parsed;
}
