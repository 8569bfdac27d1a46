import { existsSync, readFileSync } from "node:fs";
import { MAX_DEPTH, MAX_TABLE_MEGABYTES, type WindowOptions } from "../../bpf/sampler/protocol.js";
import { OptionError } from "../dataframe/option-error.js";
import { parseDuration } from "./duration.js";

/** What profile() samples, how often, and for how long. All that is given must hold; a list is an "any of". */
export interface ProfileOptions {
  /** How long the window is open, with its unit: `"10s"`, `"500ms"`, `"2m"`. */
  duration?: string;
  /** Process ids: only threads of these processes. Default: the whole machine. */
  pid?: number | readonly number[];
  /** Thread ids: only these threads. */
  tid?: number | readonly number[];
  /** CPU numbers: only what runs on these. */
  cpu?: number | readonly number[];
  /** Samples a second (Hz) on each CPU. Default: 997 for a target that is named, 99 for the whole machine. */
  frequency?: number;
  /** Most frames (1 to 127) kept of each of the user and the kernel part of a stack. Default: 127. */
  maxDepth?: number;
  /** Only the user part of stacks. Default: false. */
  userOnly?: boolean;
  /** Only the kernel part of stacks. Default: false. */
  kernelOnly?: boolean;
  /** Also count ticks that found a CPU idle (pid 0). Default: false. */
  includeIdle?: boolean;
  /**
   * Memory for the tables by which stacks are unwound, of all windows together, in MiB: 1 to 128. Default: 64. Stacks
   * through files whose tables did not fit end with `over-budget`.
   */
  unwindTableMegabytes?: number;
  /** Show C++ and Rust names as people write them; false keeps those of the symbol table. Default: true. */
  demangle?: boolean;
  /** Folder in which the profile is saved, in place of the recording that is there, or from which it is replayed. */
  recording?: string;
  /**
   * Return what is in the folder `recording`: `"always"`, or `"auto"`, where nothing can be sampled. `"never"` samples even
   * with `PROFLAB_REPLAY=1`. Default: as `PROFLAB_REPLAY` says.
   */
  replay?: "auto" | "always" | "never";
  /** Show a progress bar under the cell. Default: true. */
  progress?: boolean;
  /** Ends the window early; what was sampled until then is returned. */
  signal?: AbortSignal;
  /** Keep the frames of this kernel above a cell's code, instead of one `[proflab kernel]`. Default: false. */
  internals?: boolean;
  /** @internal Size in bytes of the ring buffer, to make loss on purpose. */
  ringBytes?: number;
  /** @internal Milliseconds between two drains of the ring buffer, to make loss on purpose. */
  drainIntervalMs?: number;
}

/** Default frequencies in Hz: primes or near them, so that sampling does not fall in step with timers. */
const NAMED_HZ = 997;
const MACHINE_HZ = 99;

const OPTIONS: Record<keyof ProfileOptions, true> = {
  duration: true,
  pid: true,
  tid: true,
  cpu: true,
  frequency: true,
  maxDepth: true,
  userOnly: true,
  kernelOnly: true,
  includeIdle: true,
  unwindTableMegabytes: true,
  demangle: true,
  recording: true,
  replay: true,
  progress: true,
  signal: true,
  internals: true,
  ringBytes: true,
  drainIntervalMs: true,
};
const INTERNAL = new Set(["ringBytes", "drainIntervalMs"]);

const REPLAYS = ["auto", "always", "never"] as const;

/**
 * The request for the sampler that these options make.
 *
 * @param isReplay The sampler will not be asked: processes and CPUs may be those of another time and host.
 * @throws {OptionError} that names the first option that is unknown or cannot hold on this machine
 */
export function windowOptions(options: ProfileOptions, { isReplay = false } = {}): WindowOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new OptionError("profile", "options", options, 'an object such as { pid: 4242, duration: "10s" }');
  for (const name of Object.keys(options))
    if (!Object.hasOwn(OPTIONS, name)) {
      const known = Object.keys(OPTIONS).filter((option) => !INTERNAL.has(option));
      throw new OptionError(
        "profile",
        name,
        options[name as keyof ProfileOptions],
        `left out; the options are ${known.join(", ")}`,
      );
    }
  const exists = (id: number) => isReplay || existsSync(`/proc/${id}`);
  const pid = ids("pid", options.pid, exists, "the id of a running process");
  const tid = ids("tid", options.tid, exists, "the id of a running thread");
  const online = new Set(onlineCpus());
  const cpu = ids(
    "cpu",
    options.cpu,
    (id) => isReplay || online.has(id),
    `an online CPU (${[...online].join(", ")})`,
  );
  const flags = ["userOnly", "kernelOnly", "includeIdle", "demangle", "internals", "progress"] as const;
  for (const flag of flags)
    if (options[flag] !== undefined && typeof options[flag] !== "boolean")
      throw new OptionError("profile", flag, options[flag], "true or false");
  if (options.userOnly && options.kernelOnly)
    throw new OptionError("profile", "kernelOnly", true, "left out when userOnly is set");
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw new OptionError("profile", "signal", options.signal, "an AbortSignal");
  const { recording, replay } = options;
  if (recording !== undefined && (typeof recording !== "string" || recording === ""))
    throw new OptionError("profile", "recording", recording, "the path of a folder");
  if (replay !== undefined && !REPLAYS.includes(replay))
    throw new OptionError("profile", "replay", replay, REPLAYS);
  const { maxDepth, userOnly, kernelOnly, includeIdle, unwindTableMegabytes, demangle } = options;
  const { ringBytes, drainIntervalMs } = options;
  if (maxDepth !== undefined) wholeNumber("maxDepth", maxDepth, MAX_DEPTH, "frames");
  if (unwindTableMegabytes !== undefined)
    wholeNumber("unwindTableMegabytes", unwindTableMegabytes, MAX_TABLE_MEGABYTES, "MiB");
  const frequencyHz =
    options.frequency === undefined ? (pid || tid ? NAMED_HZ : MACHINE_HZ) : options.frequency;
  wholeNumber("frequency", frequencyHz, maxSampleRate(), "samples a second");
  const durationMs = options.duration === undefined ? undefined : parseDuration(options.duration);
  const all = {
    pid,
    tid,
    cpu,
    frequencyHz,
    durationMs,
    maxDepth,
    userOnly,
    kernelOnly,
    includeIdle,
    unwindTableMegabytes,
    demangle,
    ringBytes,
    drainIntervalMs,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined),
  ) as unknown as WindowOptions;
}

function ids(
  option: string,
  value: number | readonly number[] | undefined,
  exists: (id: number) => boolean,
  accepted: string,
): number[] | undefined {
  if (value === undefined) return undefined;
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const isId = (id: unknown): id is number =>
    Number.isInteger(id) && (id as number) >= 0 && (id as number) <= 0x7fffffff;
  if (list.length === 0) throw new OptionError("profile", option, value, `${accepted}, or a list of them`);
  for (const id of list) if (!isId(id) || !exists(id)) throw new OptionError("profile", option, id, accepted);
  return list as number[];
}

function wholeNumber(option: string, value: unknown, most: number, what: string): void {
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > most)
    throw new OptionError("profile", option, value, `a whole number of ${what} from 1 to ${most}`);
}

function maxSampleRate(): number {
  return Number(readFileSync("/proc/sys/kernel/perf_event_max_sample_rate", "utf8"));
}

/** Numbers of /sys/devices/system/cpu/online, which is written as `0-3,8`. */
function onlineCpus(): number[] {
  return readFileSync("/sys/devices/system/cpu/online", "utf8")
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
