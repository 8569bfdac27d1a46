import { littleEndian } from "./codec.js";

// enum perf_sw_ids and perf_hw_id, include/uapi/linux/perf_event.h: [type, config].
const events = {
  "cpu-clock": [1, 0],
  "task-clock": [1, 1],
  "page-faults": [1, 2],
  "context-switches": [1, 3],
  "cpu-migrations": [1, 4],
  "minor-faults": [1, 5],
  "major-faults": [1, 6],
  dummy: [1, 9],
  cycles: [0, 0],
  instructions: [0, 1],
  "cache-references": [0, 2],
  "cache-misses": [0, 3],
  "branch-instructions": [0, 4],
  "branch-misses": [0, 5],
} as const satisfies Record<string, readonly [type: number, config: number]>;

/** An event that the kernel counts. The clocks count nanoseconds; hardware events need a PMU, which VMs often lack. */
export type PerfEventType = keyof typeof events;

/** The events by name. */
export const perfEventTypes = Object.keys(events) as PerfEventType[];

/** What to count, on which CPU, of which thread, and how often to take a sample. */
export interface PerfEventOptions {
  /** "cpu-clock" when left out. */
  type?: PerfEventType;
  /** One CPU, of every process when no `pid` is given; any CPU of `pid` when left out. */
  cpu?: number;
  /** One thread by its id (a process's id is its first thread's); 0 is the calling thread. */
  pid?: number;
  /** Samples per second. Exclusive with `period`; with neither the event only counts. */
  frequencyHz?: number;
  /** One sample per so many events; nanoseconds for the clocks. */
  period?: number;
  /** Also count the threads and processes that `pid` starts from now on. */
  inherit?: boolean;
  /** Do not sample in the kernel; without CAP_PERFMON this is what perf_event_paranoid 2 asks for. */
  excludeKernel?: boolean;
  /** Do not sample in user space. */
  excludeUser?: boolean;
  /** Record executable mappings as they are made: PERF_RECORD_MMAP2. Read records with PerfEvent.ring(). */
  mmap?: boolean;
  /** With `mmap`, give the ELF build id of the mapped file in place of its device and inode (Linux 5.12). */
  buildId?: boolean;
  /** Record threads that change their name, with a mark on those that do by execve(2): PERF_RECORD_COMM. */
  comm?: boolean;
  /** Record threads that begin and end: PERF_RECORD_FORK and PERF_RECORD_EXIT. */
  task?: boolean;
  /**
   * End each record with its time in nanoseconds of CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns(): a u64, the last
   * 8 bytes.
   */
  timed?: boolean;
}

/** Checks the options and lays out struct perf_event_attr, initially disabled. */
export function encodePerfAttr(options: PerfEventOptions): Uint8Array {
  const { type = "cpu-clock" } = options;
  if (!(type in events)) throw new RangeError(`type "${type}" is none of ${perfEventTypes.join(", ")}`);
  const { value, isFrequency } = samplingOf(type, options);
  let flags = DISABLED | (isFrequency ? FREQ : 0n);
  for (const [option, bits] of Object.entries(OPTION_BITS)) {
    if (options[option as keyof typeof OPTION_BITS]) flags |= bits;
  }
  // struct perf_event_attr, include/uapi/linux/perf_event.h: type, size, config, sample_period or sample_freq,
  // sample_type, read_format, flags, …, clockid at 92. PERF_ATTR_SIZE_VER5 is Linux 4.1's.
  const attr = new DataView(new ArrayBuffer(112));
  attr.setUint32(0, events[type][0], littleEndian);
  attr.setUint32(4, attr.byteLength, littleEndian);
  attr.setBigUint64(8, BigInt(events[type][1]), littleEndian);
  attr.setBigUint64(16, BigInt(value), littleEndian);
  if (options.timed) attr.setBigUint64(24, PERF_SAMPLE_TIME, littleEndian);
  attr.setBigUint64(40, flags, littleEndian);
  if (options.timed) attr.setInt32(92, CLOCK_MONOTONIC, littleEndian);
  return new Uint8Array(attr.buffer);
}

// The bit field of struct perf_event_attr from its lowest bit.
const DISABLED = 1n << 0n;
const FREQ = 1n << 10n;
const OPTION_BITS = {
  inherit: 1n << 1n,
  excludeUser: 1n << 4n,
  excludeKernel: 1n << 5n,
  mmap: (1n << 8n) | (1n << 23n), // mmap, mmap2
  comm: (1n << 9n) | (1n << 24n), // comm, comm_exec
  task: 1n << 13n,
  timed: (1n << 18n) | (1n << 25n), // sample_id_all, use_clockid
  buildId: 1n << 34n,
} satisfies { [Option in keyof PerfEventOptions]: bigint };
const PERF_SAMPLE_TIME = 1n << 2n;
const CLOCK_MONOTONIC = 1;

function samplingOf(type: PerfEventType, { frequencyHz, period }: PerfEventOptions) {
  if (frequencyHz !== undefined && period !== undefined) {
    throw new RangeError("frequencyHz and period exclude each other");
  }
  if (period !== undefined) return { value: checkPeriod(period), isFrequency: false };
  if (frequencyHz === undefined) return { value: 0, isFrequency: false };
  if (!(frequencyHz > 0 && frequencyHz <= 1e6)) {
    throw new RangeError(`frequencyHz = ${frequencyHz} is not above 0 and up to 1000000`);
  }
  // The kernel turns a clock's frequency into a fixed period too (perf_swevent_init_hrtimer), but in whole hertz and
  // only after checking it against perf_event_max_sample_rate.
  if (type.endsWith("-clock")) return { value: Math.round(1e9 / frequencyHz), isFrequency: false };
  return { value: Math.max(1, Math.round(frequencyHz)), isFrequency: true };
}

/** A sampling period that the kernel takes, or a RangeError. */
export function checkPeriod(period: number): number {
  if (!Number.isSafeInteger(period) || period <= 0)
    throw new RangeError(`period = ${period} is not a positive integer`);
  return period;
}
