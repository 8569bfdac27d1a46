import { readFile, stat } from "node:fs/promises";
import { FormatError } from "../formats/format-error.js";
import { FORMATS, type ReadOptions, readFormat } from "../formats/formats.js";
import { isParquet, readParquet } from "../formats/parquet-reader.js";
import { isPerfData, perfScriptText } from "../formats/perf-data.js";
import { isRecording } from "../recordings/load-recording.js";
import { loadProfile } from "./load-profile.js";
import { OptionError } from "./option-error.js";
import { ProfileFrame } from "./profile-frame.js";

/** Node reads no larger file at once. */
const MAX_BYTES = 2 ** 31 - 1;
const OPTIONS = ["format", "sampleType", "label", "comm"];

/**
 * Reads a profile of another tool, whatever its name: pprof, speedscope, Firefox Profiler, .cpuprofile, what
 * `perf script` printed, Arrow, folded stacks, each gzipped or not; Parquet; a file of `perf record` if perf is installed;
 * and the folder of a recording.
 *
 * `df.meta.source` says what it was read from. Throws a FormatError that names the file, the place in it and what was
 * expected there; an OptionError for an option that does not exist; the file system's error for a file that cannot be read.
 */
export async function readProfile(file: string, options: ReadOptions = {}): Promise<ProfileFrame> {
  for (const [name, value] of Object.entries(options))
    if (!OPTIONS.includes(name))
      throw new OptionError("readProfile", name, value, `one of ${OPTIONS.join(", ")}`);
  const { format } = options;
  if (format !== undefined && !FORMATS.includes(format))
    throw new OptionError("readProfile", "format", format, FORMATS);
  const found = await stat(file);
  if (found.isDirectory() && format === undefined && isRecording(file)) return loadProfile(file);
  if (!found.isFile())
    throw new FormatError(
      file,
      "any format",
      "byte 0",
      "expected a file or a recording, this is another folder or a device",
    );
  const { size } = found;
  if (size > MAX_BYTES)
    throw new FormatError(file, "any format", `byte ${size}`, `expected at most ${MAX_BYTES} bytes`);
  const bytes = await readFile(file);
  if (format === "parquet" || (format === undefined && isParquet(bytes)))
    return ProfileFrame.fromProfile(await readParquet(file, size));
  const source = isPerfData(bytes) ? await perfScriptText(file) : { file, bytes };
  return ProfileFrame.fromProfile(readFormat(source, options));
}
