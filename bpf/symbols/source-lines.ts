import type { VirtualAddress } from "./address.js";
import type { ElfFile } from "./elf-file.js";

/** A function at an address as debug information has it. */
export interface SourceFrame {
  /** As the debug information writes it, mangled or not; "" or absent where it has none. */
  name?: string;
  file?: string;
  /** Line of the address; of a function with others inside, the line of the call. */
  line?: number;
  /** Line at which the function is declared. */
  declarationLine?: number;
  inlined: boolean;
}

/** What the debug information of one file says about its addresses. */
export interface FunctionLines {
  /** The function over the address, then what is inlined into it there, outermost first; empty if nothing is known. */
  frames(address: VirtualAddress): SourceFrame[];
  /** Bytes of memory that it takes. */
  readonly sizeBytes: number;
  /** Says, for people, what is there and was not read. */
  notes(): string[];
}

/**
 * Finds the debug information of a mapped file, in it or in its separate debug file, both of which stay open.
 *
 * Loads nothing that no address asks for. Does not throw.
 */
export type OpenLines = (elf: ElfFile, debug: ElfFile | undefined) => FunctionLines | undefined;
