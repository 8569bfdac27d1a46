/**
 * The columns of one profile: what the sampler sends, decoded, and what every frame, table and figure is made from.
 *
 * Tables refer to each other by row number (`samples.thread` is a row of `threads`); ids that leave the process are
 * content hashes of 63 bits, so that recordings of different hosts can be joined.
 */
export interface ProfileData {
  /** One row a sample, in the order of time. */
  readonly samples: {
    /** Milliseconds since the window's start; NaN where a file of another tool has only sums. */
    readonly atMs: Float64Array;
    /** -1 where it is not known. */
    readonly cpu: Int32Array;
    /** Row of {@link ProfileData.threads}. */
    readonly thread: Int32Array;
    /** Row of {@link ProfileData.stacks}. */
    readonly stack: Int32Array;
    /** What the sample stands for, in {@link ProfileMeta.unit}: nanoseconds for a clock. */
    readonly weight: Float64Array;
    /** Samples that a row stands for, where a file has only sums of them; one each without this column. */
    readonly count?: Float64Array;
  };
  /** One row a distinct stack. */
  readonly stacks: {
    readonly id: BigInt64Array;
    /** Stack `i` has the frames `frames[offsets[i]] … frames[offsets[i + 1] - 1]`, **root first**. */
    readonly offsets: Int32Array;
    /** Rows of {@link ProfileData.frames}. */
    readonly frames: Int32Array;
    /** Why the walk ended: `complete`, or the reason it stopped before the root. */
    readonly end: readonly string[];
  };
  /** One row a function: name and module; an inlined function has frames of its own, of kind `inlined`. */
  readonly frames: {
    readonly id: BigInt64Array;
    readonly name: readonly string[];
    /** Path of the file, `[kernel]`, `[vdso]`, `[jit]`, or a kernel module's name in brackets. */
    readonly module: readonly string[];
    readonly kind: readonly FrameKind[];
    readonly file: readonly (string | null)[];
    readonly line: readonly (number | null)[];
    /** With `line`, where the function begins; known of code that a JIT made. */
    readonly column: readonly (number | null)[];
  };
  /** One row a thread and name. */
  readonly threads: {
    /** -1 where it is not known. */
    readonly pid: Int32Array;
    /** -1 where it is not known. */
    readonly tid: Int32Array;
    /** Name of the process. */
    readonly process: readonly string[];
    /** Name of the thread. */
    readonly comm: readonly string[];
  };
  readonly meta: ProfileMeta;
}

/**
 * What kind of code a frame is: of a file, of the Linux kernel, made at run time, or a function that its compiler copied
 * into its caller (`inlined`), which is a frame of its own under the caller's.
 */
export type FrameKind = "user" | "kernel" | "jit" | "inlined";

/** `samples + filtered + dropped = ticks`, always. */
export interface Accounting {
  /** Times that the event fired while the window was open. */
  ticks: number;
  samples: number;
  /** Ticks that the window did not ask for, by reason. */
  filtered: Record<string, number>;
  /** Ticks that should have been samples and are lost, by reason. */
  dropped: Record<string, number>;
  /** False for a file that does not say what was filtered and dropped: then `ticks` are the samples alone. */
  known?: false;
}

/** The module in which most stacks of one end stop. */
export interface Stop {
  /** Of the outermost frame that was found; `""` where there is no user frame at all. */
  module: string;
  /** Samples whose stack stops there. */
  samples: number;
}

/** What has no name for one reason. */
export interface Nameless {
  /** Samples with at least one such frame in their stack. */
  samples: number;
  /** Distinct addresses; one that several processes have counts in each. */
  addresses: number;
  /** The module with the most of these samples, and its share of both. */
  worst: { module: string; samples: number; addresses: number };
}

export interface ProfileMeta {
  /** Monotonic clock, half-open `[startNs, endNs)`. */
  window: { startNs: number; endNs: number; durationMs: number; startedAt: string };
  event: string;
  /** What one sample stands for, in {@link ProfileMeta.unit}: nanoseconds for a clock; 0 where it is not known. */
  period: number;
  /** Of weights and the period: `nanoseconds` unless stated. `time_ms` is missing where it is no time. */
  unit?: string;
  frequencyHz: { asked: number; achieved: number };
  cpus: { online: number[]; skipped: { cpu: number; reason: string }[] };
  accounting: Accounting;
  /** Bytes that the samples took of the sampler's ring buffer. */
  ringBytes: number;
  /**
   * Samples of the whole window by the way their stack ended: `complete`, `depth`, `no-table`, `no-mapping`,
   * `bad-frame-pointer`, `read-fault`, `unsupported-rule`, `stack-not-growing`, `over-budget`, or `kernel-only` where the
   * user part was not asked for.
   */
  ends: Record<string, number>;
  /** For each of the {@link ProfileMeta.ends} but `complete` and `kernel-only`: where most of these stacks stop. */
  stops: Record<string, Stop>;
  /**
   * Addresses of the whole window that have no name, by reason: `unmapped`, `process-gone`, `missing-symbols`,
   * `no-jit-map`, `unknown-address`, `unsupported`, `file-gone`, `permission`, `io-error`, `too-slow`, `hidden`. Without those of the C library with which a process or thread begins.
   */
  reasons: Record<string, Nameless>;
  /** The options that chose what is sampled, as given. */
  target: Record<string, unknown>;
  host: {
    kernel: string;
    machine: string;
    cpuModel: string;
    cpuCount: number;
    libbpf: string;
    sampler: string;
  };
  /** True when the cell was interrupted before the window's end. */
  interrupted: boolean;
  /** Sentences for people: why there are no samples, which names are hidden. */
  notes: string[];
  /** The cell that took the profile, where it is known. */
  cell?: string;
  /**
   * The verbs that made this profile of what was measured, in order, as they were called: `focus(/parse/)`. What one left
   * out is in {@link Accounting.filtered} under the same text; `ends`, `stops` and `reasons` are of the whole window.
   */
  verbs?: string[];
  /** The file that the profile was read from, where another tool's format had to be understood. */
  source?: { file: string; format: string };
  /** The recording that the profile was loaded from: its folder, when it was saved, and the name of its host. */
  recording?: { folder: string; savedAt: string; host: string };
  /** Command lines of the processes that the window named, by pid, as they were when it opened. */
  commands?: Record<string, string[]>;
  /** Build ids of modules: of those that names came from, or as far as the file that was read has them. */
  buildIds?: Record<string, string>;
}
