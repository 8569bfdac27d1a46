import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { parseMaps } from "./maps.js";
import { fileFromBytes, type OpenFile } from "./open-file.js";
import type { Reason } from "./reason.js";

/** Name of the mapping, and module of its functions. */
export const VDSO = "[vdso]";

/** The image is 1 to 3 pages. */
const MAX_IMAGE_BYTES = 1 << 20;

/**
 * Returns the vdso's ELF image, read from this process's own memory.
 *
 * The kernel maps the same image into every 64-bit process; those of 32-bit processes differ.
 */
export function openVdso(): OpenFile | Reason {
  try {
    const mapping = parseMaps(readFileSync("/proc/self/maps", "utf8")).find(({ path }) => path === VDSO);
    if (!mapping) return "missing-symbols";
    const bytes = new Uint8Array(Math.min(mapping.end - mapping.start, MAX_IMAGE_BYTES));
    const fd = openSync("/proc/self/mem", "r");
    try {
      const count = readSync(fd, bytes, 0, bytes.length, mapping.start);
      return fileFromBytes(bytes.subarray(0, count), VDSO);
    } finally {
      closeSync(fd);
    }
  } catch {
    return "io-error";
  }
}
