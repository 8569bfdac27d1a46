import { inflateSync } from "node:zlib";
import { type ElfFile, type ElfSection, PT_GNU_EH_FRAME, PT_LOAD, SHT_NOBITS } from "../symbols/elf-file.js";
import { CfiReader, PE_OMIT, type PointerBases } from "./cfi-reader.js";

/** Most bytes of unwind data read from one section; the largest browsers have 30 MB. */
export const MAX_CFI_BYTES = 48 << 20;
/** Most sections of one name: linkers make one, and every byte is read once for each. */
const MAX_SAME_NAME = 4;
const MAX_HEADER_BYTES = 64;
/** Most pointers to pointers followed in a file; compilers write some for personality routines, which are not needed. */
const MAX_DEREFERENCES = 4096;

/** Unwind data of one section, in either format. */
export interface CfiSection {
  bytes: Uint8Array;
  /** The virtual address of the first byte. */
  address: number;
  bases: PointerBases;
  /** `.eh_frame`, else `.debug_frame`: they tell a CIE and refer to it in different ways. */
  isEhFrame: boolean;
  /** Where nothing says how long the section is, a length of zero ends it. */
  endsAtZero: boolean;
}

const SHF_COMPRESSED = 0x800;
const COMPRESSION_HEADER_BYTES = 24;
const ELFCOMPRESS_ZLIB = 1;

/** Finds `.eh_frame` by its section, or by the program headers of a file without sections. */
export function ehFrameSections(elf: ElfFile): CfiSection[] {
  const bases = pointerBases(elf);
  const found = sectionsNamed(elf, ".eh_frame").flatMap((section) => {
    const bytes = elf.file.read(section.offset, Math.min(section.size, MAX_CFI_BYTES));
    return bytes.length > 0
      ? [{ bytes, address: section.address, bases, isEhFrame: true, endsAtZero: false }]
      : [];
  });
  // A file of debug information has the section's header without the section.
  if (elf.sections.some(({ name }) => name === ".eh_frame")) return found;
  const byHeader = throughHeader(elf, bases);
  return byHeader ? [byHeader] : [];
}

/** Finds `.debug_frame`, as it is or compressed. */
export function debugFrameSections(elf: ElfFile): CfiSection[] {
  const bases = pointerBases(elf);
  return [".debug_frame", ".zdebug_frame"].flatMap((name) =>
    sectionsNamed(elf, name).flatMap((section) => {
      const bytes = readDebugSection(elf, section);
      return bytes ? [{ bytes, address: section.address, bases, isEhFrame: false, endsAtZero: false }] : [];
    }),
  );
}

function sectionsNamed(elf: ElfFile, name: string): ElfSection[] {
  return elf.sections
    .filter((section) => section.name === name && section.type !== SHT_NOBITS && section.size > 0)
    .slice(0, MAX_SAME_NAME);
}

/** Reads a section that may be compressed: `Elf64_Chdr` before the data, or "ZLIB" and a big-endian size. */
function readDebugSection(elf: ElfFile, section: ElfSection): Uint8Array | undefined {
  const bytes = elf.file.read(section.offset, Math.min(section.size, MAX_CFI_BYTES));
  if (section.flags & SHF_COMPRESSED) {
    if (bytes.length < COMPRESSION_HEADER_BYTES) return undefined;
    const type = new DataView(bytes.buffer).getUint32(0, true);
    return type === ELFCOMPRESS_ZLIB ? inflate(bytes.subarray(COMPRESSION_HEADER_BYTES)) : undefined;
  }
  const isOldStyle = section.name.startsWith(".z") && Buffer.from(bytes.buffer, 0, 4).toString() === "ZLIB";
  return isOldStyle ? inflate(bytes.subarray(12)) : bytes;
}

function inflate(compressed: Uint8Array): Uint8Array | undefined {
  try {
    return inflateSync(compressed, { maxOutputLength: MAX_CFI_BYTES });
  } catch {
    return undefined; // damaged, or of more bytes than are read
  }
}

/** `.eh_frame_hdr`: version 1, three encodings, and then where `.eh_frame` begins. */
function throughHeader(elf: ElfFile, bases: PointerBases): CfiSection | undefined {
  const header = elf.segments.find(({ type }) => type === PT_GNU_EH_FRAME);
  if (!header) return undefined;
  const bytes = elf.file.read(header.offset, Math.min(header.size, MAX_HEADER_BYTES));
  const reader = new CfiReader(bytes, header.address, { ...bases, data: header.address });
  const version = reader.u8();
  const encoding = reader.u8();
  reader.at = 4;
  if (version !== 1 || encoding === PE_OMIT) return undefined;
  const address = reader.pointer(encoding);
  const place = address === undefined ? undefined : placeOf(elf, address);
  if (address === undefined || !place) return undefined;
  const data = elf.file.read(place.offset, Math.min(place.size, MAX_CFI_BYTES));
  return { bytes: data, address, bases, isEhFrame: true, endsAtZero: true };
}

function pointerBases(elf: ElfFile): PointerBases {
  const addressOf = (name: string) => elf.sections.find((section) => section.name === name)?.address;
  let left = MAX_DEREFERENCES;
  return {
    text: addressOf(".text"),
    data: addressOf(".got.plt") ?? addressOf(".got"),
    dereference: (address) => {
      const place = placeOf(elf, address);
      if (!place || place.size < 8 || left-- <= 0) return undefined;
      const bytes = elf.file.read(place.offset, 8);
      return bytes.length === 8 ? new CfiReader(bytes).u64() : undefined;
    },
  };
}

/** Where in the file a virtual address is loaded from, and how much of the segment follows. */
function placeOf(elf: ElfFile, address: number): { offset: number; size: number } | undefined {
  for (const segment of elf.segments) {
    const within = address - segment.address;
    if (segment.type === PT_LOAD && within >= 0 && within < segment.size)
      return { offset: segment.offset + within, size: segment.size - within };
  }
  return undefined;
}
