import { readFileSync } from "node:fs";
import { onInterrupt } from "../cells/interrupt.js";
import { OptionError } from "../dataframe/option-error.js";
import type { ProfileData, ProfileMeta } from "../dataframe/profile-data.js";
import { ProfileFrame } from "../dataframe/profile-frame.js";
import { refuseExisting } from "../recordings/save-recording.js";
import { cellStacks } from "./cell-stacks.js";
import { explainNoSamples } from "./no-samples.js";
import { type ProfileOptions, windowOptions } from "./options.js";
import { windowProgress } from "./progress.js";
import { isReplaying, recordedInstead, recordedWindow, saved, type Window } from "./recorded-window.js";
import { type Repeated, type RepeatOptions, type RepeatSide, repeated } from "./repeat.js";
import { type RemoteWindow, SamplerClient } from "./sampler-client.js";

/** A window that was opened by `profile.start()`; `stop()` ends it. */
export interface RunningProfile {
  /** Ends the window and returns what was sampled. Called again, it returns the same frame. */
  stop(): Promise<ProfileFrame>;
}

/** The frame of `profile(() => …)`: also what the function returned. */
export type ProfileFrameOf<T> = [T] extends [never]
  ? ProfileFrame
  : ProfileFrame & { readonly value: Awaited<T> };

export interface Profile {
  /**
   * Samples stacks with eBPF and returns them as a DataFrame, one row for each distinct thread and stack.
   *
   * `await profile("10s")`: the whole machine, for a duration.
   * `await profile({ pid: 4242, duration: "10s" })`: what the options name.
   * `await profile(() => parse(text))`: this process while the function runs; the frame's `value` is what it returned.
   * Functions of cells are named with the cell and line where they begin: `parse  In[3]:12`.
   *
   * `recording: "runs/before"` saves the profile in that folder. With `PROFLAB_REPLAY=1` the same cell returns what was
   * saved, without sampling; a profiled function runs all the same.
   *
   * Interrupting the cell ends the window early and returns what was sampled. Frequencies are in Hz, durations carry
   * their unit (`"10s"`, `"500ms"`).
   *
   * @throws {OptionError} for an option that is unknown or out of range, naming it
   * @throws {PermissionError} without the privileges that eBPF needs, saying which and how to give them
   * @throws {LibraryNotFoundError} when libbpf is not installed
   * @throws {RecordingError} when the folder is something else, or what is to be replayed is missing or damaged
   * @throws {SamplerGoneError} when the sampler process was killed during the window
   */
  // One signature, not overloads: an option that is wrong is then named by the compiler, and completion finds the options.
  <T = never>(
    what: string | ProfileOptions | (() => T),
    options?: ProfileOptions,
  ): Promise<ProfileFrameOf<T>>;

  /** Opens a window that lasts until its `stop()`, over as many cells as you like. */
  start(options?: ProfileOptions): Promise<RunningProfile>;

  /**
   * Takes `count` windows of each of two sides in turn, for `compare()`: before, after, after, before, and so on.
   *
   * `await profile.repeat(5, { before: () => parse(text), after: () => parseFaster(text) })`, or `{ before: { pid: 1 },
   * after: { pid: 2 }, duration: "2s" }`. Other options are for both; `recording: "runs/parse"` saves `runs/parse/before-1` …
   */
  repeat(count: number, options: RepeatOptions): Promise<Repeated>;
}

export const profile: Profile = Object.assign(
  async <T>(what: string | ProfileOptions | (() => T), more: ProfileOptions = {}) => {
    const frame = typeof what === "function" ? profileCall(what, more) : profileDuration(what, more);
    return (await frame) as ProfileFrameOf<T>;
  },
  { start, repeat: (count: number, options: RepeatOptions) => repeated(windowOf, count, options) },
);

function windowOf(side: RepeatSide, options: ProfileOptions): Promise<ProfileFrame> {
  return typeof side === "function"
    ? profileCall(side, options)
    : profileDuration({ ...options, ...side }, {});
}

async function profileDuration(what: string | ProfileOptions, more: ProfileOptions): Promise<ProfileFrame> {
  const options = typeof what === "object" ? what : { ...more, duration: what };
  if (typeof options === "object" && options !== null && options.duration === undefined)
    throw new OptionError(
      "profile",
      "duration",
      undefined,
      'given, for example "10s"; or use profile.start() or profile(() => …)',
    );
  const window = await openWindow(options);
  return window.frame();
}

async function profileCall<T>(run: () => T, options: ProfileOptions): Promise<ProfileFrame> {
  if (options.duration !== undefined)
    throw new OptionError("profile", "duration", options.duration, "left out when a function is the window");
  const window = await openWindow({ pid: process.pid, ...options });
  try {
    const ran = window.isInterrupted() ? undefined : inTaskOfItsOwn(run);
    const value = await Promise.race([ran, window.interrupted]);
    window.stop();
    return await window.frame(value);
  } catch (error) {
    window.stop();
    await window.frame().catch(() => {}); // what the function threw counts
    throw error;
  }
}

async function start(options: ProfileOptions = {}): Promise<RunningProfile> {
  if (options.duration !== undefined)
    throw new OptionError(
      "profile.start",
      "duration",
      options.duration,
      "left out: the window ends with stop()",
    );
  const window = await openWindow(options, { untilStopped: true });
  return {
    stop() {
      window.stop();
      return window.frame();
    },
  };
}

/**
 * Opens a window in the sampler and ties it to the cell: its progress bar, its interrupt, the caller's signal.
 *
 * A window that lasts over several cells is tied to none of them.
 */
async function openWindow(options: ProfileOptions, { untilStopped = false } = {}): Promise<Window> {
  const isReplay = isReplaying(options);
  const request = windowOptions(options, { isReplay });
  if (isReplay) return recordedWindow(options);
  if (options.recording !== undefined) refuseExisting(options.recording, { overwrite: true });
  const commands = commandLines(request.pid);
  const progress = windowProgress(request.durationMs, !untilStopped && options.progress !== false);
  let remote: RemoteWindow | undefined;
  let isInterrupted = false;
  let settleInterrupted: (value: undefined) => void = () => {};
  const interrupted = new Promise<undefined>((resolve) => {
    settleInterrupted = resolve;
  });
  const interrupt = () => {
    isInterrupted = true;
    remote?.stop();
    settleInterrupted(undefined);
  };
  // While the sampler starts, too: the interrupt must not leave a window behind that opens later.
  const forget = onInterrupt(interrupt);
  try {
    remote = await SamplerClient.start(request, { onProgress: progress.update, untilStopped });
  } catch (error) {
    forget();
    const instead = recordedInstead(options, error);
    if (instead) return instead;
    throw error;
  }
  if (untilStopped) forget();
  const { stop, result } = remote;
  options.signal?.addEventListener("abort", stop);
  if (isInterrupted || options.signal?.aborted) stop();
  const data = result
    .finally(() => {
      forget();
      options.signal?.removeEventListener("abort", stop);
    })
    .then((data) => {
      progress.done(data.meta.accounting.samples, data.meta.window.durationMs);
      const shown = cellStacks(data, process.pid, options.internals);
      return saved(described(shown, { interrupted: isInterrupted, ...commands }), options);
    });
  data.catch(() => progress.failed());
  let frame: Promise<ProfileFrame> | undefined;
  return {
    stop,
    interrupted,
    isInterrupted: () => isInterrupted,
    frame(value) {
      frame ??= data.then((profile) => ProfileFrame.fromProfile(profile, value));
      return frame;
    },
  };
}

/** The data with what only this side knows. */
function described(data: ProfileData, known: Pick<ProfileMeta, "interrupted" | "commands">): ProfileData {
  const notes = [...data.meta.notes, ...explainNoSamples(data.meta)];
  return { ...data, meta: { ...data.meta, ...known, notes } };
}

/** What the processes were started as; nothing for the whole machine. */
function commandLines(pids: readonly number[] | undefined): Pick<ProfileMeta, "commands"> {
  const commands: Record<string, string[]> = {};
  for (const pid of pids ?? [])
    try {
      commands[pid] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    } catch {} // it has ended since
  return pids ? { commands } : {};
}

/** Runs the function as a task of its own, so that terminating it when it is busy leaves the window's code alive. */
function inTaskOfItsOwn<T>(run: () => T): Promise<Awaited<T>> {
  return new Promise((resolve, reject) => {
    setImmediate(() => {
      try {
        Promise.resolve(run()).then(resolve as (value: unknown) => void, reject);
      } catch (error) {
        reject(error);
      }
    });
  });
}
