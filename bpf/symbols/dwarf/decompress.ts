import { runInNewContext } from "node:vm";
import { inflateSync } from "node:zlib";
import { decompress as decompressZstd } from "fzstd";

/** No stream of deflate grows more than 1,032 times, so a larger claim is false; zstd's own bound is not as low. */
const MAX_GROWTH = 1032;

/** Slowest zstd, in bytes a millisecond, that is still waited for, and the least time it gets. */
const ZSTD_BYTES_PER_MS = 64 << 10;
const MIN_ZSTD_MS = 250;

/** Unpacks a zlib stream of a known size; nothing when it is damaged or of another size. */
export function inflate(packed: Uint8Array, size: number): Uint8Array | undefined {
  if (size > packed.length * MAX_GROWTH + 64) return undefined;
  try {
    // One chunk that holds everything, so that nothing is joined, with room for zlib to see the end.
    const bytes = inflateSync(packed, {
      chunkSize: Math.max(size + 64, 64),
      maxOutputLength: size + 64,
    });
    return bytes.length === size ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** Unpacks zstd data of a known size; nothing when it is damaged. (Node has zstd itself only from 22.15 on.) */
export function unzstd(packed: Uint8Array, size: number): Uint8Array | undefined {
  try {
    const bytes = new Uint8Array(size);
    // The library does not stop at the end of its output: a few hostile bytes keep it busy for a minute.
    const timeout = MIN_ZSTD_MS + Math.ceil(size / ZSTD_BYTES_PER_MS);
    runInNewContext("run()", { run: () => void decompressZstd(packed, bytes) }, { timeout });
    return bytes;
  } catch {
    return undefined;
  }
}
