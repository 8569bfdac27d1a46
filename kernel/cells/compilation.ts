/** Code that is ready to run: CommonJS, which asks `__cell` for what CommonJS lacks. */
export interface CompiledFile {
  code: string;
  /** What it imports by statements, in their order. */
  imports: string[];
  /** It awaits at its top level. */
  isAsync: boolean;
  /** Source maps from `code` back to the source, applied in this order. */
  sourceMaps: string[];
}

/** What a cell's first line asks for, if it is a magic. */
export type Magic =
  /** The cell is a window of profile(): its frame is shown, and bound to `name`. */
  | { kind: "profile"; name?: string; options: Record<string, unknown> }
  /** What the cell took is printed. */
  | { kind: "time" }
  /** The rest of the cell is run by bash. */
  | { kind: "bash"; script: string };

/** A cell that is ready to run; its last expression is kept. */
export interface CompiledCell extends CompiledFile {
  /** The cell's number: `[3]` in the notebook. */
  number: number;
  /** Name in stack traces and in profiles: `cell[3].ts`. */
  fileName: string;
  /** How it is to be run, if not as it is. */
  magic?: Magic;
  /** The cell as it was typed. */
  source: string;
  /** Variables, functions, classes, enums and namespaces of its top level. */
  declares: string[];
  /** Other files of the notebook's folder that the cell imports, if they changed since they were compiled last. */
  sideFiles: SideFile[];
}

export interface SideFile extends CompiledFile {
  path: string;
}

/** An error as Jupyter carries it. */
export interface CellError {
  ename: string;
  evalue: string;
  traceback: string[];
}

export type Compilation = { cell: CompiledCell } | { error: CellError };

/** Positions count UTF-16 units. */
export interface Completions {
  start: number;
  end: number;
  matches: { text: string; kind: string }[];
}

export interface Inspection {
  signature: string;
  /** Plain text. */
  documentation: string;
  /** The same in Markdown, where it is another text. */
  markdown?: string;
}

export type Completeness =
  | { status: "complete" | "invalid" | "unknown" }
  | { status: "incomplete"; indent: string };

/** Name of cell `number` as a file: in V8, and so in what is sampled. */
export function cellFileName(number: number): string {
  return `cell[${number}].ts`;
}

/** Cells from this number on are not numbered in the notebook. */
const UNNUMBERED = 1_000_000;

/** Name of cell `number` as the notebook shows it. */
export function cellLabel(number: number): string {
  return `In[${number < UNNUMBERED ? number : " "}]`;
}
