import { ElfFile, PT_NOTE, SHT_NOTE } from "./elf-file.js";
import type { OpenFile } from "./open-file.js";
import { isReason } from "./reason.js";

const MAX_NOTE_BYTES = 64 << 10;
const MAX_ID_BYTES = 64;
const NT_GNU_BUILD_ID = 3;
/** "GNU\0" as a little-endian number. */
const GNU = 0x00554e47;

/** Returns the GNU build id of an ELF file in lower-case hexadecimal, if it has one. */
export function buildId(file: OpenFile): string | undefined {
  const elf = ElfFile.read(file);
  if (isReason(elf)) return undefined;
  const segments = elf.segments.filter((segment) => segment.type === PT_NOTE);
  const sections = elf.sections.filter((section) => section.type === SHT_NOTE);
  for (const { offset, size } of [...segments, ...sections].slice(0, 64)) {
    const id = findBuildId(file.read(offset, Math.min(size, MAX_NOTE_BYTES)));
    if (id) return id;
  }
  return undefined;
}

/** Looks through notes: `u32 name bytes | u32 id bytes | u32 type | name | id`, name and id padded to 4 bytes. */
function findBuildId(notes: Uint8Array): string | undefined {
  const view = new DataView(notes.buffer);
  for (let at = 0; at + 16 <= notes.length; ) {
    const nameBytes = view.getUint32(at, true);
    const idBytes = view.getUint32(at + 4, true);
    const idAt = at + 12 + align4(nameBytes);
    const isGnu = nameBytes === 4 && view.getUint32(at + 12, true) === GNU;
    if (isGnu && view.getUint32(at + 8, true) === NT_GNU_BUILD_ID) {
      if (idBytes === 0 || idBytes > MAX_ID_BYTES || idAt + idBytes > notes.length) return undefined;
      return Buffer.from(notes.buffer, idAt, idBytes).toString("hex");
    }
    at = idAt + align4(idBytes);
  }
  return undefined;
}

function align4(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
