import { createHash } from "node:crypto";

/**
 * An id that depends on content alone, so that recordings of different hosts join: 63 bits, never negative.
 *
 * MD5 serves as a well-mixed hash here; nobody gains by a collision in their own profile.
 */
export function contentId(...parts: readonly (string | Uint8Array)[]): bigint {
  const hash = createHash("md5");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest().readBigUInt64LE(0) & 0x7fff_ffff_ffff_ffffn;
}
