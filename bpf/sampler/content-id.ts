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

/** What the id of a frame is made from: name, module, and the place in its source for code that is made at run time. */
export function frameKey(module: string, name: string, place = ""): string {
  return `${module}\0${name}\0${place}`;
}

/** The id of a stack, from how it ended and the ids of its frames, root first. */
export function stackId(end: string, frames: readonly bigint[]): bigint {
  // One text: a call of the hash for each frame would cost more than hashing.
  return contentId([end, ...frames.map((id) => id.toString(16))].join("\0"));
}
