import { cellPosition, emittedCode } from "./stack-trace.js";

const CELL_FILE = /^cell\[(\d{1,9})\]\.ts$/;
/** What stands before the parameters of a function that is an argument of a call. */
const BEFORE_ARGUMENT = /[(,]\s*(?:async\s*)?(?:function\s*\*?\s*)?$/;

/** A function of a cell, as a profile finds it. */
export interface CellFunction {
  /** Number of the cell. */
  cell: number;
  /** The code of the cell itself, outside of its functions; it begins at line 1. */
  isTopLevel: boolean;
  /** It is passed to a call where it is written, and a name that V8 made for it says nothing. */
  isArgument: boolean;
  /** Where it begins in what the user typed, counted from one; undefined for a function that the compiler added. */
  line?: number;
  column?: number;
}

/** The function that begins at a position of emitted code; undefined for a file that is no cell of this process. */
export function cellFunction(file: string, line: number, column: number): CellFunction | undefined {
  const cell = Number(CELL_FILE.exec(file)?.[1]);
  const code = emittedCode(cell);
  if (code === undefined) return undefined;
  // The first line of emitted code is the runner's: the function that holds the cell.
  if (line === 1) return { cell, isTopLevel: true, isArgument: false, line: 1, column: 1 };
  const lines = code.split("\n", line);
  const before = [lines[line - 2], lines[line - 1]?.slice(0, column - 1)].join("\n");
  return {
    cell,
    isTopLevel: false,
    isArgument: BEFORE_ARGUMENT.test(before),
    ...cellPosition(cell, line, column),
  };
}
