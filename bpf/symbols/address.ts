/**
 * The three kinds of address, as three types that do not mix.
 *
 * All are numbers: user addresses on x86-64 and arm64 are below 2^47 and 2^52, so a double holds them exactly (with
 * 5-level page tables a process can ask mmap(2) for higher ones; ranges above 2^53 are not taken into a table). A plain
 * number is accepted where one of them is expected; one kind where another is expected is a type error. Kernel addresses
 * exceed 2^53 and are `bigint` everywhere.
 */
interface Kind<Name extends string> {
  readonly addressKind?: Name;
}

/** An address as the process sees it, randomization included. */
export type AbsoluteAddress = number & Kind<"absolute">;

/** A distance in bytes from the beginning of a file. */
export type FileOffset = number & Kind<"file offset">;

/** An address as the ELF file's own headers and symbol tables count it. */
export type VirtualAddress = number & Kind<"virtual">;

/** Writes an address or an offset the way frames show it: `0x1f`. */
export function hex(address: number | bigint): string {
  return `0x${address.toString(16)}`;
}
