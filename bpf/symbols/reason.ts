/** Every reason for which an address has no name, with what it means. */
export const REASONS = {
  unmapped: "no mapping of the process contains the address",
  "missing-symbols": "the file or the JIT offers no symbols at all",
  "unknown-address": "there are symbols, and none of them covers the address",
  unsupported: "not a 64-bit little-endian ELF file, or not a regular file",
  "io-error": "the file could not be opened or read, or is no longer the one that is mapped",
  hidden: "the kernel does not show its addresses to this process",
} as const;

/** Why an address has no name; a hint for people, see {@link REASONS}. */
export type Reason = keyof typeof REASONS;

/** Says whether a value that is a result or a `Reason` is the latter. */
export function isReason(value: unknown): value is Reason {
  return typeof value === "string" && Object.hasOwn(REASONS, value);
}
