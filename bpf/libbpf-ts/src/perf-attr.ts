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
}

/** Checks the options and lays out struct perf_event_attr, initially disabled. */
export function encodePerfAttr(options: PerfEventOptions): Uint8Array {
  const { type = "cpu-clock", inherit, excludeKernel, excludeUser } = options;
  if (!(type in events)) throw new RangeError(`type "${type}" is none of ${perfEventTypes.join(", ")}`);
  const { value, isFrequency } = samplingOf(type, options);
  const flags =
    DISABLED |
    (inherit ? INHERIT : 0) |
    (excludeUser ? EXCLUDE_USER : 0) |
    (excludeKernel ? EXCLUDE_KERNEL : 0) |
    (isFrequency ? FREQ : 0);
  // struct perf_event_attr, include/uapi/linux/perf_event.h: type, size, config, sample_period or sample_freq,
  // sample_type, read_format, flags. PERF_ATTR_SIZE_VER5 is Linux 4.1's.
  const attr = new DataView(new ArrayBuffer(112));
  attr.setUint32(0, events[type][0], littleEndian);
  attr.setUint32(4, attr.byteLength, littleEndian);
  attr.setBigUint64(8, BigInt(events[type][1]), littleEndian);
  attr.setBigUint64(16, BigInt(value), littleEndian);
  attr.setBigUint64(40, BigInt(flags), littleEndian);
  return new Uint8Array(attr.buffer);
}

// The bit field of struct perf_event_attr from its lowest bit.
const DISABLED = 1 << 0;
const INHERIT = 1 << 1;
const EXCLUDE_USER = 1 << 4;
const EXCLUDE_KERNEL = 1 << 5;
const FREQ = 1 << 10;

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
