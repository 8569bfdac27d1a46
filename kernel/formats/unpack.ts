import { gunzipSync } from "node:zlib";
import { FormatError, type FormatSource } from "./format-error.js";

/** A gzipped profile unpacks to at most so many bytes. */
const MAX_UNPACKED = 512 * 1024 * 1024;

/** The file without gzip around it, if it has any. */
export function unpacked(source: FormatSource): FormatSource {
  const { file, bytes } = source;
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return source;
  try {
    return { file, bytes: gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED }) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const limit = `expected at most ${MAX_UNPACKED} bytes unpacked`;
    const problem = code === "ERR_BUFFER_TOO_LARGE" ? limit : `expected gzipped bytes: ${message}`;
    throw new FormatError(file, "gzip", `byte 0 to ${bytes.length}`, problem);
  }
}
