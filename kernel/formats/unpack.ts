import { gunzipSync } from "node:zlib";
import { FormatError, type FormatSource } from "./format-error.js";

/** What a gzipped profile unpacks to at most: so many bytes, */
const MAX_UNPACKED = 512 * 1024 * 1024;
/** and so many for each of its own, where that is more than the least. Text of equal stacks packs to a hundredth. */
const UNPACKED_A_BYTE = 256;
const MIN_UNPACKED = 64 * 1024 * 1024;

/** The file without gzip around it, if it has any. */
export function unpacked(source: FormatSource): FormatSource {
  const { file, bytes } = source;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return source;
  const most = Math.min(MAX_UNPACKED, Math.max(MIN_UNPACKED, UNPACKED_A_BYTE * bytes.length));
  try {
    return { file, bytes: gunzipSync(bytes, { maxOutputLength: most }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const limit = `expected at most ${most} bytes unpacked, in a file of this size; gunzip it first if they are meant`;
    const problem = code === "ERR_BUFFER_TOO_LARGE" ? limit : `expected gzipped bytes: ${message}`;
    throw new FormatError(file, "gzip", `byte 0 to ${bytes.length}`, problem);
  }
}
