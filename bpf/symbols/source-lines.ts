import type { VirtualAddress } from "./address.js";
import type { ElfFile } from "./elf-file.js";

/** A function at an address as debug information has it. */
export interface SourceFrame {
  /** As the debug information writes it, mangled or not; absent where it has none. */
  name?: string;
  file?: string;
  /** In the function that is inlined here: the line of the call; in the innermost one: that of the address. */
  line?: number;
  inlined: boolean;
}

/** What the debug information of one file says about its addresses. */
export interface FunctionLines {
  /** The function over the address, then what is inlined into it there, outermost first; empty if nothing is known. */
  frames(address: VirtualAddress): SourceFrame[];
}

/**
 * Finds the debug information of a mapped file, in it or in its separate debug file, both of which stay open.
 *
 * Loads nothing that no address asks for. Does not throw.
 */
export type OpenLines = (elf: ElfFile, debug: ElfFile | undefined) => FunctionLines | undefined;
