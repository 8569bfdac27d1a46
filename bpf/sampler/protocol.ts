/**
 * What the sampler and its clients say to each other over a Unix socket.
 *
 * A frame is `u32 length | u32 header length | header (JSON) | payload`, little-endian, `length` counting what follows
 * it. The payload is empty but for `result`, where it is the Arrow IPC streams of `header.tables`, end to end.
 * The server speaks first (`hello`); a client answers with its own `hello` and then sends requests, each with an id.
 */
export const PROTOCOL_VERSION = 3;

/** Largest frame that a peer accepts from a client: requests are small. */
export const MAX_REQUEST_BYTES = 1 << 20;

/** What a window samples; all members of a list are alternatives, all options together must hold. */
export interface TargetOptions {
  /** Process ids, in the sampler's PID namespace. */
  pid?: number[];
  /** Thread ids. */
  tid?: number[];
  /** CPUs, as in /sys/devices/system/cpu/online. */
  cpu?: number[];
  /** Also sample the idle task (pid 0). */
  includeIdle?: boolean;
  userOnly?: boolean;
  kernelOnly?: boolean;
}

export interface WindowOptions extends TargetOptions {
  /** Samples a second on each CPU. */
  frequencyHz: number;
  /** Ends the window by itself; without it the window lasts until `stop`. */
  durationMs?: number;
  /** Most frames kept of each of the user and the kernel part of a stack: 1 to 127. */
  maxDepth?: number;
  /** Memory that the tables for unwinding may take in the sampler, of all windows together, in MiB: 1 to 128; 64 when left out. */
  unwindTableMegabytes?: number;
  /** C++ and Rust names as people write them; false keeps them as in the symbol table. Default: true. */
  demangle?: boolean;
  /** Size of the ring buffer; a power of two of at least a page. For tests of loss. */
  ringBytes?: number;
  /** Milliseconds between drains of the ring buffer. For tests of loss. */
  drainIntervalMs?: number;
}

export type Request =
  | { type: "hello"; protocol: number; client: string }
  /** `progress: false` where nobody looks at it. */
  | { type: "start"; id: number; options: WindowOptions; progress?: boolean }
  | { type: "stop"; id: number; window: number }
  | { type: "info"; id: number };

export type Reply =
  | { type: "hello"; protocol: number; sampler: string; pid: number; kernel: string; libbpf: string }
  | { type: "started"; id: number; window: number; startNs: number; notes: string[] }
  | { type: "progress"; window: number; elapsedMs: number; samples: number; dropped: number }
  /** Sent once a window, when its duration is over or it was stopped; `meta` is a `ProfileMeta`. */
  | {
      type: "result";
      window: number;
      meta: Record<string, unknown>;
      tables: { name: TableName; bytes: number }[];
    }
  /** The window failed after it had started. */
  | { type: "failed"; window: number; error: WireError }
  | { type: "info"; id: number; info: Record<string, unknown> }
  | { type: "error"; id: number; error: WireError };

/** An error as it crosses the socket; `name` is the class that the client throws. */
export interface WireError {
  name: string;
  message: string;
  [detail: string]: unknown;
}

/** One of the four tables of a result; {@link TABLES} has their columns. */
export type TableName = keyof typeof TABLES;

/**
 * Columns of each table, in order, with their Arrow types. Rows refer to rows: `thread`, `stack`, `frames`.
 *
 * The numbers of `samples` are of the narrowest type that has them all, up to the one here; where all are equal, one run. A
 * sample came `after_ns` the one before, the first after the window's start.
 */
export const TABLES = {
  samples: { after_ns: "float64", cpu: "int32", thread: "int32", stack: "int32", weight: "float64" },
  stacks: { stack_id: "int64", frames: "list<int32>, root first", end: "dictionary<utf8>" },
  frames: {
    frame_id: "int64",
    name: "utf8",
    module: "dictionary<utf8>",
    kind: "dictionary<utf8>",
    file: "utf8 or null",
    line: "int32 or null",
    column: "int32 or null",
  },
  threads: { pid: "int32", tid: "int32", process: "utf8", comm: "utf8" },
} as const;

/** Most frames that `maxDepth` can ask for, of each of the user and the kernel part of a stack. */
export const MAX_DEPTH = 127;

/** Most memory that `unwindTableMegabytes` can ask for: what the tables' positions can name. */
export const MAX_TABLE_MEGABYTES = 128;
