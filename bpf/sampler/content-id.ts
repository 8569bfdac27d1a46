import { hash } from "node:crypto";

/**
 * An id that depends on content alone, so that recordings of different hosts join: 63 bits, never negative.
 *
 * MD5 serves as a well-mixed hash here; nobody gains by a collision in their own profile.
 */
export function contentId(text: string): bigint {
  return hash("md5", `${text}\0`, "buffer").readBigUInt64LE(0) & 0x7fff_ffff_ffff_ffffn;
}

/** What the id of a frame is made from: name, module, and the place in its source for code that is made at run time. */
export function frameKey(module: string, name: string, place = ""): string {
  return `${module}\0${name}\0${place}`;
}

/** The id of a stack, from how it ended and the ids of its frames, root first. */
export function stackId(end: string, frames: readonly bigint[]): bigint {
  return stackIdOfTexts(
    end,
    frames.map((id) => idText(id)),
  );
}

/** The same of the ids as {@link idText} writes them, for many stacks of the same frames. */
export function stackIdOfTexts(end: string, frames: readonly string[]): bigint {
  // One text: a call of the hash for each frame would cost more than hashing.
  return contentId(frames.length > 0 ? `${end}\0${frames.join("\0")}` : end);
}

export function idText(id: bigint): string {
  return id.toString(16);
}
