/** `sample.unwind_end` in words, by number, and the addresses that each part of a stack can have. */
export { MAX_FRAMES, UNWIND_ENDS } from "../unwind/layout.js";

/**
 * Offsets in bytes of `struct sample` and `struct window_counters` of bpf/programs/sample.h.
 *
 * The header is the truth; a test compares this file with the BTF of the built object.
 */
export const SAMPLE = {
  time_ns: 0,
  windows: 8,
  cpu: 12,
  pid: 16,
  tid: 20,
  flags: 24,
  unwind_end: 28,
  kernel_bytes: 32,
  user_bytes: 36,
  comm: 40,
  process: 56,
  addresses: 72,
} as const;

/** Bits of `sample.flags` (enum sample_flags). */
export const SAMPLE_NO_USER_MEMORY = 1;
export const SAMPLE_PENDING = 2;

/** Offsets in bytes of `struct unwind_pending`, which follows the addresses of a sample with SAMPLE_PENDING. */
export const PENDING = { registers: 0, flags: 136, stack_bytes: 140 } as const;

/** Bytes of `struct unwind_pending`; the copy of the stack follows it. */
export const PENDING_BYTES = 144;

/** Windows that one stream can serve at once (MAX_WINDOWS). */
export const MAX_WINDOWS = 16;

/** Bytes of a thread's name, with its final zero (TASK_COMM_LEN). */
export const COMM_BYTES = 16;

/** Members of `struct window_counters`, in order; each is a u64. */
export const COUNTERS = [
  "ticks",
  "samples",
  "filtered_idle",
  "filtered_other_namespace",
  "filtered_pid",
  "filtered_tid",
  "filtered_cpu",
  "dropped_ring_full",
] as const;

export type Counters = Record<(typeof COUNTERS)[number], number>;
