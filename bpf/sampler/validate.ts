import { readFileSync } from "node:fs";
import { MAX_FRAMES } from "./layout.js";
import { OptionError } from "./option-error.js";
import { MAX_TABLE_MEGABYTES, type WindowOptions } from "./protocol.js";

/** Most ids in one list: the filter maps of the BPF program hold 8192 for all windows together. */
const MAX_IDS = 512;

/**
 * The options of a `start` request, checked member by member, because they come from another process.
 *
 * @throws {OptionError} that names the first option that is unknown or out of range
 */
export function validateWindowOptions(input: unknown): WindowOptions {
  if (typeof input !== "object" || input === null || Array.isArray(input))
    throw new OptionError("options", input, "an object");
  const given = input as Record<string, unknown>;
  for (const option of Object.keys(given)) {
    if (!Object.hasOwn(CHECKS, option))
      throw new OptionError(option, given[option], `left out; options are ${Object.keys(CHECKS).join(", ")}`);
  }
  const options: Record<string, unknown> = {};
  for (const [option, check] of Object.entries(CHECKS)) {
    const value = given[option];
    if (value === undefined) continue;
    const accepted = check(value);
    if (accepted !== true) throw new OptionError(option, value, accepted);
    options[option] = value;
  }
  if (options.frequencyHz === undefined) throw new OptionError("frequencyHz", undefined, "given");
  if (options.userOnly === true && options.kernelOnly === true)
    throw new OptionError("kernelOnly", true, "left out when userOnly is set");
  return options as unknown as WindowOptions;
}

/** Each check returns true, or what would be accepted. */
const CHECKS: Record<keyof WindowOptions, (value: unknown) => true | string> = {
  pid: ids("process ids"),
  tid: ids("thread ids"),
  cpu: ids("CPU numbers"),
  includeIdle: flag,
  userOnly: flag,
  kernelOnly: flag,
  frequencyHz: (value) => {
    const most = maxSampleRate();
    return (
      (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most) ||
      `a whole number from 1 to ${most} (kernel.perf_event_max_sample_rate)`
    );
  },
  durationMs: (value) =>
    (typeof value === "number" && value > 0 && value <= 86_400_000) ||
    "milliseconds, more than 0, at most one day",
  maxDepth: (value) => within(value, 1, MAX_FRAMES) || `a whole number from 1 to ${MAX_FRAMES}`,
  unwindTableMegabytes: (value) =>
    within(value, 1, MAX_TABLE_MEGABYTES) || `a whole number of MiB from 1 to ${MAX_TABLE_MEGABYTES}`,
  ringBytes: (value) =>
    (within(value, 4096, 1 << 30) && Number.isInteger(Math.log2(value as number))) ||
    "a power of two from 4096 to 2^30",
  drainIntervalMs: (value) => within(value, 1, 60_000) || "milliseconds from 1 to 60000",
};

function within(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function flag(value: unknown): true | string {
  return typeof value === "boolean" || "true or false";
}

function ids(what: string): (value: unknown) => true | string {
  return (value) =>
    (Array.isArray(value) &&
      value.length > 0 &&
      value.length <= MAX_IDS &&
      value.every((id) => within(id, 0, 0x7fffffff))) ||
    `a list of 1 to ${MAX_IDS} ${what}`;
}

function maxSampleRate(): number {
  try {
    return Number(readFileSync("/proc/sys/kernel/perf_event_max_sample_rate", "utf8"));
  } catch {
    return 100_000;
  }
}
