import { SourceMap } from "node:module";
import { dirname, join } from "node:path";
import { type CompiledCell, type CompiledFile, cellFileName, cellLabel } from "./compilation.js";

/** The compiler puts one line, `export {};`, before a cell. */
const PREFIX_LINES = 1;

const CELL_FILE = /^cell\[(\d{1,9})\]\.ts$/;
const CELL_PLACE = /\bcell\[(\d{1,9})\]\.ts:(\d+):(\d+)/g;

/** Code that was run, by the name of its file. */
interface KnownFile {
  /** Undefined for a file of the notebook's folder. */
  cell?: Pick<CompiledCell, "number" | "code" | "source">;
  /** Parsed at the first error. */
  maps: readonly string[] | readonly SourceMap[];
}
const files = new Map<string, KnownFile>();

/** A position in what the user wrote; lines and columns count from one. */
export interface Position {
  line: number;
  column: number;
}

/** Remembers how a cell maps back to what the user wrote. */
export function rememberCell(
  cell: Pick<CompiledCell, "number" | "code" | "sourceMaps"> & { source?: string },
): void {
  const { number, code, sourceMaps, source = "" } = cell;
  files.set(cellFileName(number), { cell: { number, code, source }, maps: sourceMaps });
}

/** Remembers how a compiled file maps back. @returns path of its source, under which it must run */
export function rememberSource(path: string, { sourceMaps }: CompiledFile): string {
  const { sources = [] } = JSON.parse(sourceMaps.at(-1) || "{}") as { sources?: string[] };
  const source = sources[0] ? join(dirname(path), sources[0].split("/").at(-1)!) : path;
  files.set(source, { maps: sourceMaps });
  return source;
}

/** What was emitted for a cell; undefined for a number that no cell of this process has. */
export function emittedCode(number: number): string | undefined {
  return files.get(cellFileName(number))?.cell?.code;
}

/** A line of a cell as the user typed it, counted from one. */
export function sourceLine(number: number, line: number): string | undefined {
  return files.get(cellFileName(number))?.cell?.source.split("\n")[line - 1];
}

/**
 * Where a position in a cell's emitted code is in the cell. Lines and columns count from one.
 *
 * @returns undefined for code that no line of the cell stands for
 */
export function cellPosition(number: number, line: number, column: number): Position | undefined {
  return sourcePosition(cellFileName(number), line, column);
}

function sourcePosition(name: string, line: number, column: number): Position | undefined {
  const file = files.get(name);
  if (!file) return undefined;
  file.maps = file.maps.map((map) => (typeof map === "string" ? new SourceMap(JSON.parse(map)) : map));
  let at = { line: line - 1, column: column - 1 };
  for (const map of file.maps) {
    const entry = map.findEntry(at.line, at.column);
    if (!("originalLine" in entry)) return undefined;
    at = { line: entry.originalLine, column: entry.originalColumn };
  }
  const sourceLine = file.cell && file.maps.length > 0 ? at.line - PREFIX_LINES : at.line;
  return sourceLine < 0 ? undefined : { line: sourceLine + 1, column: at.column + 1 };
}

/** Number of the cell whose code made an error; undefined when none is in its stack. */
export function cellOf(error: Error): number | undefined {
  const [, number] = /\bIn\[(\d+)\]:\d/.exec(error.stack ?? "") ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Text in which the names of cells are written as V8 knows them (`exports.f`), as they were typed. */
export function typedNames(text: string): string {
  return text.replace(/\(0 , exports\.([\w$]+)\)|\bexports\.(?=[\w$])/g, "$1");
}

/** Makes every `error.stack` from now on speak of the lines that the user wrote. */
export function installStackTraces(): void {
  Error.prepareStackTrace = (error, sites) => {
    let title: string;
    try {
      // console.trace() passes an object that is no Error.
      const text = Error.prototype.toString.call(error);
      title = error instanceof TypeError ? typedNames(text) : text;
    } catch {
      title = "Error";
    }
    // Under the first code of a cell there is nothing but what runs cells.
    const base = sites.findLastIndex((site) => CELL_FILE.test(site.getFileName() ?? ""));
    const shown = base < 0 ? sites : sites.slice(0, base + 1);
    const texts = shown.map(siteText).filter((text) => text !== undefined);
    return [title, ...texts.map((text) => `    at ${text}`)].join("\n");
  };
}

/** Undefined for code that nobody typed: what the compiler adds for `using` and decorators. */
function siteText(site: NodeJS.CallSite): string | undefined {
  const text = String(site);
  const name = site.getFileName();
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()];
  // Code that `eval` made says where that was.
  if (!name)
    return text.replace(
      CELL_PLACE,
      (found, number, at, where) => placeText(cellFileName(number), at, where) ?? found,
    );
  if (!line || !column || !files.has(name)) return text;
  const place = placeText(name, line, column);
  return place && text.replace(`${name}:${line}:${column}`, place);
}

function placeText(name: string, line: number, column: number): string | undefined {
  const at = sourcePosition(name, line, column);
  const number = CELL_FILE.exec(name)?.[1];
  return at && `${number === undefined ? name : cellLabel(Number(number))}:${at.line}:${at.column}`;
}
