import { runInNewContext } from "node:vm";
import { inflateSync } from "node:zlib";
import { decompress } from "fzstd";

/** No stream of deflate grows more than 1,032 times, and none of zstd more than its longest block: larger claims are false. */
const MAX_GROWTH = 1032;
const MAX_ZSTD_GROWTH = 1 << 16;

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

/**
 * Unpacks zstd data of a known size; nothing when it is damaged or takes too long.
 *
 * (Node has zstd itself only from 22.15 on.)
 */
export function unzstd(packed: Uint8Array, size: number, timeoutMs: number): Uint8Array | undefined {
  if (size > packed.length * MAX_ZSTD_GROWTH) return undefined;
  try {
    const bytes = new Uint8Array(size);
    // The library does not stop at the end of its output: a few hostile bytes keep it busy for a minute.
    runInNewContext("run()", { run: () => void decompress(packed, bytes) }, { timeout: timeoutMs });
    return bytes;
  } catch {
    return undefined;
  }
}
