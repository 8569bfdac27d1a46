import type { CellError } from "../cells/compilation.js";

/** How the process of the cells ended without being asked. */
export interface Death {
  /** What it exited with; null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  /** It was to end, did not, and was killed. */
  isForced: boolean;
  /** The end of what native code printed to stderr. */
  nativeErrors: string;
  /** How large the heap of the cells may grow; 0 when it is not known. */
  heapLimitBytes: number;
}

/** Enough for V8's farewell, whose first line is the one that matters. */
const MAX_CHARACTERS = 20_000;
const MIB = 2 ** 20;
const LOSS = "The variables of all cells are lost. The kernel ends with it; Jupyter starts a new one.";

/** The part of a process's stderr that is kept to tell why it died. */
export function lastWords(text: string): string {
  return text.slice(-MAX_CHARACTERS);
}

/** Whether a process says so in its last words. */
export function isOutOfMemory(errors: string): boolean {
  return errors.includes("JavaScript heap out of memory");
}

/** What happened, why, and what to do, as an error of the cell that ran. */
export function deathError({ code, signal, isForced, nativeErrors, heapLimitBytes }: Death): CellError {
  if (signal === null) {
    const held = isForced ? `${HELD}, so it was killed` : "";
    return death("ProcessExit", `process.exit(${code}) ended the process that runs the cells${held}`);
  }
  if (isOutOfMemory(nativeErrors)) {
    const limit = Math.round(heapLimitBytes / MIB);
    return death(
      "OutOfMemory",
      `the cells' values outgrew the JavaScript heap, which may have ${limit} MiB`,
      `For a larger heap, start Jupyter with NODE_OPTIONS=--max-old-space-size=${2 * limit} in its environment, or put it ` +
        'under "env" in the kernel\'s kernel.json. Typed arrays and Buffers are not in that heap.',
    );
  }
  const why = isForced ? `it was ending${HELD}` : WHY[signal];
  return death("ProcessDied", `${signal} ended the process that runs the cells${why ? `: ${why}` : ""}`);
}

const HELD = "; an exit handler, another thread or native code held it";

const WHY: Partial<Record<NodeJS.Signals, string>> = {
  SIGSEGV: "native code read or wrote memory that it does not have, or its stack overflowed",
  SIGBUS: "native code read or wrote memory that it does not have",
  SIGILL: "native code ran an instruction that this CPU does not have",
  SIGABRT: "Node or a native module gave up; what it said stands above",
  SIGTRAP: "V8 gave up, as where a value is larger than it can be; what it said stands above",
  SIGKILL: "somebody killed it, or the machine had no memory left (`dmesg` would say so)",
};

function death(ename: string, evalue: string, remedy?: string): CellError {
  const traceback = [`${ename}: ${evalue}.`, LOSS, ...(remedy ? [remedy] : [])];
  return { ename, evalue, traceback };
}
