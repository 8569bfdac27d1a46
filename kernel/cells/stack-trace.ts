import { SourceMap } from "node:module";

/** The compiler puts one line, `export {};`, before a cell. */
const PREFIX_LINES = 1;

const CELL_FILE = /^cell\[(\d{1,9})\]\.ts$/;
const CELL_POSITION = /cell\[(\d+)\]\.ts:(\d+):(\d+)/g;

/** Source maps of the cells so far, by cell number; parsed at the first error. */
const maps = new Map<number, string[] | SourceMap[]>();

/** Remembers how cell `number` maps back to what the user wrote. */
export function rememberSourceMaps(number: number, sourceMaps: string[]): void {
  maps.set(number, sourceMaps);
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

/** A function of a cell, as a profile finds it: where it begins, counted from one, in what the user typed. */
export interface CellFunction {
  /** Number of the cell. */
  cell: number;
  /** The code of the cell itself, outside of its functions: it begins at line 1. */
  isTopLevel: boolean;
  /** Undefined for a function that the compiler added. */
  line?: number;
  column?: number;
}

/** The function that begins at a position of emitted code; undefined for a file that is no cell of this process. */
export function cellFunction(file: string, line: number, column: number): CellFunction | undefined {
  const cell = Number(CELL_FILE.exec(file)?.[1]);
  if (!maps.has(cell)) return undefined;
  // The first line of emitted code is the runner's: the function that holds the cell.
  if (line === 1) return { cell, isTopLevel: true, line: 1, column: 1 };
  return { cell, isTopLevel: false, ...cellPosition(cell, line, column) };
}

/** Replaces positions of emitted code (`cell[3].ts:9:4`) by positions in the cell. */
export function mapPositions(text: string): string {
  return text.replace(CELL_POSITION, (whole, number, line, column) => {
    const at = cellPosition(Number(number), Number(line), Number(column));
    return at ? `cell[${number}].ts:${at.line}:${at.column}` : whole;
  });
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
