/** A cell that is ready to run: CommonJS with the cell's last expression kept in a variable. */
export interface CompiledCell {
  /** The cell's number: `[3]` in the notebook. */
  number: number;
  /** Name in stack traces and in profiles: `cell[3].ts`. */
  fileName: string;
  code: string;
  /** Name under which `code` exports the value of the last expression, if the cell ends with one. */
  lastExpression?: string;
  /** Other files of the notebook's folder that the cell imports, compiled. */
  sideFiles: { path: string; data: string }[];
  /** Source maps from `code` back to the cell, applied in this order. */
  sourceMaps: string[];
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
  documentation: string;
}

export type Completeness =
  | { status: "complete" | "invalid" | "unknown" }
  | { status: "incomplete"; indent: string };

/** Name of cell `number` in stack traces and profiles. */
export function cellFileName(number: number): string {
  return `cell[${number}].ts`;
}
