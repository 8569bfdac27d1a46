import type { VirtualAddress } from "../symbols/address.js";
import { type ElfFile, PT_LOAD } from "../symbols/elf-file.js";

/** endbr64, which may come first. */
const ENDBR64 = [0xf3, 0x0f, 0x1e, 0xfa];
/** xor %ebp, %ebp, also with its upper half; mov %rsp, %rdi: nobody's frame pointer, and where the arguments are. */
const BEGINNINGS = [
  [0x31, 0xed],
  [0x48, 0x31, 0xed],
  [0x48, 0x89, 0xe7],
];

/**
 * Where the kernel starts a program or its loader, which nothing called.
 *
 * @returns `undefined` where the code there does not begin as such code does: old linkers made libraries begin anywhere
 */
export function programEntry(elf: ElfFile): VirtualAddress | undefined {
  const segment = elf.segments.find(
    ({ type, executable, address, size }) =>
      type === PT_LOAD && executable && elf.entry >= address && elf.entry < address + size,
  );
  if (!segment) return undefined;
  const code = elf.file.read(segment.offset + elf.entry - segment.address, 8);
  const at = begins(code, 0, ENDBR64) ? ENDBR64.length : 0;
  return BEGINNINGS.some((bytes) => begins(code, at, bytes)) ? elf.entry : undefined;
}

function begins(code: Uint8Array, at: number, bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => code[at + i] === byte);
}
