/** Every reason for which an address has no name, with what it means. */
export const REASONS = {
  unmapped: "no mapping of the process contains the address",
  "process-gone": "the process was gone before its mappings could be read",
  "missing-symbols": "the file has no symbols, and no debug file for it was found",
  "no-jit-map": "code made at run time, and the program writes neither a perf map nor a jitdump file",
  "unknown-address": "there are symbols, and none of them covers the address",
  unsupported: "not a 64-bit little-endian ELF file, or not a regular file",
  "file-gone": "the mapped file was deleted or replaced, and can no longer be opened",
  permission: "the mapped file may not be opened by this sampler",
  "io-error": "the file could not be read",
  "too-slow": "reading the files of the process took too long, so that the rest of them was left",
  hidden: "the kernel does not show its addresses to this process",
} as const;

/** Why an address has no name; a hint for people, see {@link REASONS}. */
export type Reason = keyof typeof REASONS;

/** Says whether a value that is a result or a `Reason` is the latter. */
export function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(REASONS, value);
}
