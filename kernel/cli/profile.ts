import { setTimeout as delay } from "node:timers/promises";
import type { Accounting, ProfileMeta } from "../dataframe/profile-data.js";
import type { ProfileOptions } from "../profile/options.js";
import { profile } from "../profile/profile.js";
import type { Command } from "./command.js";
import { numberOption, parseOptions } from "./options.js";
import { stackText } from "./sampling/stack-lines.js";
import { UsageError } from "./usage-error.js";

const USAGE = `usage: proflab profile [options] [SECONDS]

Samples stacks, as BCC's profile does, by its options. Without SECONDS until Ctrl-C. Stacks go to stdout, the account of
all ticks to stderr.

  -p, --pid PID[,PID...]    only these processes
  -L, --tid TID[,TID...]    only these threads
  -U, --user-stacks-only    only the user part of stacks
  -K, --kernel-stacks-only  only the kernel's part
  -F, --frequency HZ        samples a second on each CPU; default: 49
  -c, --count NS            nanoseconds between two samples of a CPU, instead of -F
  -d, --delimited           a delimiter between the two parts
  -a, --annotations         _[k] behind names of the Linux kernel's functions
  -I, --include-idle        also idle CPUs
  -f, --folded              one line a stack, root first, for flame graphs
  -C, --cpu CPU             only this CPU
  --stack-storage-size N    accepted, and not needed: no stack is lost to a full table

--cgroupmap and --mntnsmap are not there yet.
`;

const DEFAULT_HZ = 49;
const NS_PER_SECOND = 1e9;

const OPTIONS = {
  pid: { type: "string", short: "p" },
  tid: { type: "string", short: "L" },
  "user-stacks-only": { type: "boolean", short: "U" },
  "kernel-stacks-only": { type: "boolean", short: "K" },
  frequency: { type: "string", short: "F" },
  count: { type: "string", short: "c" },
  delimited: { type: "boolean", short: "d" },
  annotations: { type: "boolean", short: "a" },
  "include-idle": { type: "boolean", short: "I" },
  folded: { type: "boolean", short: "f" },
  cpu: { type: "string", short: "C" },
  "stack-storage-size": { type: "string" },
  cgroupmap: { type: "string" },
  mntnsmap: { type: "string" },
} as const;

type Values = ReturnType<typeof parseOptions<typeof OPTIONS>>["values"];

async function run(list: string[]): Promise<void> {
  const { values, rest } = parseOptions(list, OPTIONS, { most: 1, what: "one duration in seconds" });
  const isDuration = (seconds: number) => seconds > 0 && seconds <= 24 * 3600;
  const seconds =
    rest[0] === undefined
      ? undefined
      : numberOption("duration", rest[0], "a number of seconds up to 86400", isDuration);
  const options = windowOptions(values);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  const window = await start(options);
  if (!values.folded) process.stdout.write(heading(values, options, seconds));
  const forever = 24 * 3600;
  await delay((seconds ?? forever) * 1000, undefined, { signal: stop.signal }).catch(() => {});
  const { profile: data } = await window.stop();
  const { delimited = false, annotations: annotated = false, folded = false } = values;
  process.stdout.write(`${folded ? "" : "\n"}${stackText(data, { folded, delimited, annotated })}`);
  process.stderr.write(account(data.meta));
}

/** @throws {UsageError} for what the options name and is not there */
async function start(options: ProfileOptions) {
  try {
    return await profile.start(options);
  } catch (error) {
    if ((error as Error).name === "OptionError") throw new UsageError((error as Error).message);
    throw error;
  }
}

function windowOptions(values: Values): ProfileOptions {
  for (const name of ["cgroupmap", "mntnsmap"] as const)
    if (values[name] !== undefined)
      throw new UsageError(
        `--${name} is not there yet: name the processes by -p, for example those of the group's cgroup.procs`,
      );
  for (const [one, other] of [
    ["user-stacks-only", "kernel-stacks-only"],
    ["frequency", "count"],
    ["pid", "tid"],
  ] as const)
    if (values[one] !== undefined && values[other] !== undefined)
      throw new UsageError(`--${one} and --${other} exclude each other`);
  if (values["stack-storage-size"] !== undefined)
    process.stderr.write("proflab: --stack-storage-size is not needed: each sample brings its own stack\n");
  return {
    pid: ids("-p", values.pid),
    tid: ids("-L", values.tid),
    cpu: ids("-C", values.cpu),
    userOnly: values["user-stacks-only"],
    kernelOnly: values["kernel-stacks-only"],
    includeIdle: values["include-idle"],
    frequency: frequencyHz(values),
  };
}

function frequencyHz({ frequency, count }: Values): number {
  const isWhole = (value: number) => Number.isInteger(value) && value > 0;
  if (frequency !== undefined) return numberOption("-F", frequency, "a whole number of Hz", isWhole);
  if (count === undefined) return DEFAULT_HZ;
  const accepted = "a number of nanoseconds that makes a whole number of samples a second, such as 1000000";
  return NS_PER_SECOND / numberOption("-c", count, accepted, (ns) => ns > 0 && isWhole(NS_PER_SECOND / ns));
}

function ids(option: string, text: string | undefined): number[] | undefined {
  const isId = (value: number) => Number.isInteger(value) && value >= 0;
  return text
    ?.split(",")
    .map((word) => numberOption(option, word, "a number, or several with commas between", isId));
}

function heading(values: Values, { pid, tid, frequency }: ProfileOptions, seconds: number | undefined) {
  const rate = values.count === undefined ? `${frequency} Hertz` : `every ${values.count} events`;
  const list = (found: ProfileOptions["pid"]) => [found].flat().join(", ");
  const threads = pid ? `PID [${list(pid)}]` : tid ? `TID [${list(tid)}]` : "all threads";
  const stacks = values["user-stacks-only"]
    ? "user"
    : values["kernel-stacks-only"]
      ? "kernel"
      : "user + kernel";
  const end = seconds === undefined ? "... Hit Ctrl-C to end." : ` for ${seconds} secs.`;
  return `Sampling at ${rate} of ${threads} by ${stacks} stack${end}\n`;
}

/** What became of each tick, and what a user should know. */
function account({ accounting, notes }: ProfileMeta): string {
  const { ticks, samples, filtered, dropped } = accounting;
  const sum = (reasons: Accounting["filtered"]) =>
    Object.values(reasons).reduce((total, count) => total + count, 0);
  const line = `${samples} samples, ${sum(filtered)} filtered, ${sum(dropped)} dropped of ${ticks} ticks`;
  return [line, ...notes].map((text) => `${text}\n`).join("");
}

export const command: Command = { usage: USAGE, run };
