import type { FileOffset, VirtualAddress } from "./address.js";
import type { OpenFile } from "./open-file.js";
import type { Reason } from "./reason.js";

/** Program header of a part of the file that is loaded or described (`Elf64_Phdr`). */
export interface ElfSegment {
  type: number;
  executable: boolean;
  offset: FileOffset;
  address: VirtualAddress;
  /** Bytes in the file. */
  size: number;
}

/** Section header (`Elf64_Shdr`). */
export interface ElfSection {
  /** At most 64 bytes of it; empty where the file's section names cannot be read. */
  name: string;
  type: number;
  /** The lower half of `sh_flags`. */
  flags: number;
  executable: boolean;
  address: VirtualAddress;
  offset: FileOffset;
  /** Bytes in the file; never more than the file has from `offset` on. */
  size: number;
  /** Bytes in memory; also counts what a debug file has left out of itself. */
  memorySize: number;
  /** Index of the section that this one refers to: for a symbol table its strings. */
  link: number;
  entrySize: number;
}

export const PT_LOAD = 1;
export const PT_NOTE = 4;
export const PT_GNU_EH_FRAME = 0x6474e550;
export const SHT_SYMTAB = 2;
export const SHT_RELA = 4;
export const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
export const SHT_DYNSYM = 11;

/** Most program headers and most section headers that are read; the format itself allows 2^16 and 2^32. */
export const MAX_SEGMENTS = 4096;
export const MAX_SECTIONS = 1 << 16;
const MAX_SECTION_NAMES_BYTES = 1 << 20;
const MAX_NAME_BYTES = 64;

const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;
const SECTION_BYTES = 64;
const PF_X = 1;
const SHN_XINDEX = 0xffff;
const SHF_EXECINSTR = 4;
const EM_X86_64 = 62;

/** The headers of a 64-bit little-endian ELF file, checked against the size of the file. */
export class ElfFile {
  readonly segments: ElfSegment[];
  readonly sections: ElfSection[];
  readonly isX86: boolean;
  /** Where the program begins; a library may have 0, or anything. */
  readonly entry: VirtualAddress;

  private constructor(
    readonly file: OpenFile,
    header: DataView,
  ) {
    this.isX86 = header.getUint16(18, true) === EM_X86_64;
    this.entry = u64(header, 24);
    this.segments = readSegments(file, header);
    this.sections = readSections(file, header);
  }

  /** Reads the headers; the file stays open and belongs to the caller. */
  static read(file: OpenFile): ElfFile | Reason {
    const bytes = file.read(0, HEADER_BYTES);
    if (bytes.length < HEADER_BYTES) return file.size < HEADER_BYTES ? "unsupported" : "io-error";
    const header = new DataView(bytes.buffer);
    const isElf = header.getUint32(0, false) === 0x7f454c46;
    const is64LittleEndian = bytes[4] === 2 && bytes[5] === 1;
    return isElf && is64LittleEndian ? new ElfFile(file, header) : "unsupported";
  }

  /** Returns the first section of a name. */
  section(name: string): ElfSection | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** Converts a place in the file to the virtual address at which the file's headers put it. */
  virtualAddress(offset: FileOffset): VirtualAddress | undefined {
    let found: ElfSegment | undefined;
    for (const segment of this.segments) {
      if (segment.type !== PT_LOAD || offset < segment.offset || offset - segment.offset >= segment.size)
        continue;
      if (!found || (segment.executable && !found.executable)) found = segment;
    }
    return found && offset - found.offset + found.address;
  }
}

function readSegments(file: OpenFile, header: DataView): ElfSegment[] {
  const count = Math.min(header.getUint16(56, true), MAX_SEGMENTS);
  return readTable(file, header, 32, header.getUint16(54, true), SEGMENT_BYTES, count).flatMap((entry) => {
    const offset = u64(entry, 8);
    const address = u64(entry, 16);
    const size = u64(entry, 32);
    if (!Number.isSafeInteger(offset + address + size)) return [];
    return [
      {
        type: entry.getUint32(0, true),
        executable: (entry.getUint32(4, true) & PF_X) !== 0,
        offset,
        address,
        size,
      },
    ];
  });
}

function readSections(file: OpenFile, header: DataView): ElfSection[] {
  const entryBytes = header.getUint16(58, true);
  let count = header.getUint16(60, true);
  if (count === 0) {
    // With 0xff00 sections or more the count is in the size of section 0 (elf(5), e_shnum).
    const first = readTable(file, header, 40, entryBytes, SECTION_BYTES, 1)[0];
    count = first ? u64(first, 32) : 0;
  }
  const entries = readTable(file, header, 40, entryBytes, SECTION_BYTES, Math.min(count, MAX_SECTIONS));
  const names = readSectionNames(file, header, entries);
  return entries.map((entry) => {
    const offset = u64(entry, 24);
    const flags = entry.getUint32(8, true);
    return {
      name: nameAt(names, entry.getUint32(0, true)),
      type: entry.getUint32(4, true),
      flags,
      executable: (flags & SHF_EXECINSTR) !== 0,
      address: u64(entry, 16),
      offset,
      size: Math.min(u64(entry, 32), Math.max(0, file.size - offset)),
      memorySize: u64(entry, 32),
      link: entry.getUint32(40, true),
      entrySize: u64(entry, 56),
    };
  });
}

function readSectionNames(file: OpenFile, header: DataView, entries: DataView[]): Uint8Array {
  const index = header.getUint16(62, true);
  const strings = entries[index === SHN_XINDEX && entries[0] ? entries[0].getUint32(40, true) : index];
  if (!strings) return new Uint8Array(0);
  return file.read(u64(strings, 24), Math.min(u64(strings, 32), MAX_SECTION_NAMES_BYTES));
}

function nameAt(strings: Uint8Array, offset: number): string {
  const name = strings.subarray(offset, offset + MAX_NAME_BYTES);
  const end = name.indexOf(0);
  return Buffer.from(end < 0 ? name : name.subarray(0, end)).toString("latin1");
}

/** Reads a table whose offset stands in the header at `field`; entries of an unknown size are no entries. */
function readTable(
  file: OpenFile,
  header: DataView,
  field: number,
  entryBytes: number,
  expectedBytes: number,
  count: number,
): DataView[] {
  const offset = u64(header, field);
  if (entryBytes !== expectedBytes || offset === 0 || !(offset < file.size)) return [];
  const bytes = file.read(offset, count * expectedBytes);
  return Array.from(
    { length: Math.floor(bytes.length / expectedBytes) },
    (_, i) => new DataView(bytes.buffer, i * expectedBytes, expectedBytes),
  );
}

/** Reads 64 bits; above 2^53 the result is inexact but still larger than any file or user address. */
function u64(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true) * 0x1_0000_0000 + view.getUint32(offset, true);
}
