import { OptionError } from "../dataframe/option-error.js";
import type { ProfileData } from "../dataframe/profile-data.js";
import { ProfileFrame } from "../dataframe/profile-frame.js";
import { isRecording, loadRecording } from "../recordings/load-recording.js";
import { saveRecording } from "../recordings/save-recording.js";
import {
  LibraryNotFoundError,
  PermissionError,
  type SamplerError,
  UnsupportedError,
  VerifierError,
} from "./errors.js";
import type { ProfileOptions } from "./options.js";

/** A window: one that the sampler has open, or one that was recorded. */
export interface Window {
  /** Ends the window; harmless when it has ended. */
  stop(): void;
  /** Settles when the window has ended; the same frame each time. @param value What the profiled function returned. */
  frame(value?: unknown): Promise<ProfileFrame>;
  /** Settles when the cell's interrupt ended the window. */
  interrupted: Promise<undefined>;
  isInterrupted(): boolean;
}

/** True when profiles are to come from their recordings, and the sampler is not to be asked. */
export function isReplaying(options: ProfileOptions): boolean {
  const replay = options?.replay; // what is no options is refused later
  return replay === "always" || (replay !== "never" && isReplayAsked());
}

/** `PROFLAB_REPLAY=1`, as `proflab run --replay` sets it. */
function isReplayAsked(): boolean {
  const asked = process.env.PROFLAB_REPLAY ?? "";
  return asked !== "" && asked !== "0";
}

/** The recording in place of the window. @param reason Why, where the window was asked for first. */
export function recordedWindow({ recording }: ProfileOptions, reason?: string): Window {
  if (recording === undefined)
    throw new OptionError(
      "profile",
      "recording",
      undefined,
      "given where profiles are replayed (PROFLAB_REPLAY, or the option replay)",
    );
  let frame: Promise<ProfileFrame> | undefined;
  return {
    stop() {},
    interrupted: new Promise(() => {}), // an interrupt ends the cell, as there is nothing to keep
    isInterrupted: () => false,
    frame(value) {
      frame ??= loadRecording(recording).then((data) =>
        ProfileFrame.fromProfile(reason === undefined ? data : withNote(data, reason), value),
      );
      return frame;
    },
  };
}

/** The recording, where this error means that nothing can be sampled here and the options allow it; else undefined. */
export function recordedInstead(options: ProfileOptions, error: unknown): Window | undefined {
  if (options.replay !== "auto" || options.recording === undefined) return undefined;
  const kinds = [PermissionError, UnsupportedError, VerifierError, LibraryNotFoundError];
  if (!kinds.some((kind) => error instanceof kind) || !isRecording(options.recording)) return undefined;
  const { name, message } = error as SamplerError;
  return recordedWindow(
    options,
    `This is the recording, as nothing can be sampled here. ${name}: ${message}`,
  );
}

/** Saves what was measured, in place of what was recorded before; if that fails, the profile says so and is not lost. */
export async function saved(data: ProfileData, { recording }: ProfileOptions): Promise<ProfileData> {
  if (recording === undefined) return data;
  try {
    await saveRecording(data, recording, { overwrite: true });
    return data;
  } catch (error) {
    return withNote(data, `The profile was not saved. ${(error as Error).message}`);
  }
}

function withNote(data: ProfileData, note: string): ProfileData {
  return { ...data, meta: { ...data.meta, notes: [...data.meta.notes, note] } };
}
