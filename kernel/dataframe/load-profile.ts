import { loadRecording } from "../recordings/load-recording.js";
import { ProfileFrame } from "./profile-frame.js";

/**
 * Loads a recording: a folder that `df.save(folder)` or `profile({ …, recording })` wrote, on this host or another.
 *
 * The frame is the one that was saved; `df.meta.recording` says when and on which host. Throws a RecordingError that names
 * the file that is missing, damaged, or of a newer version.
 */
export async function loadProfile(folder: string): Promise<ProfileFrame> {
  return ProfileFrame.fromProfile(await loadRecording(folder));
}
