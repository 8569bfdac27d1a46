import { performance } from "node:perf_hooks";
import type { ElfFile, ElfSection } from "../elf-file.js";
import { DebugSection } from "./debug-section.js";
import { inflate, unzstd } from "./decompress.js";

const SHT_NOBITS = 8;
const SHF_COMPRESSED = 0x800;
const ELFCOMPRESS_ZLIB = 1;
const ELFCOMPRESS_ZSTD = 2;
/** Bytes of `Elf64_Chdr`, and of the header of the older `.zdebug_` sections: "ZLIB" and the size in big endian. */
const CHDR_BYTES = 24;
const ZDEBUG_BYTES = 12;

/** Most bytes that unpacked sections of one file take, with the packed one that is being read. */
const MAX_UNPACKED_BYTES = 144 << 20;

/** Longest that unpacking zstd may take for one file. */
const MAX_ZSTD_MS = 500;

/** The debug sections of a file by name, each found and unpacked when it is first asked for. */
export class DebugSections {
  readonly #sections = new Map<string, DebugSection>();
  readonly #problems = new Set<string>();
  #unpackedBytes = 0;
  #zstdMs = MAX_ZSTD_MS;

  constructor(private readonly elf: ElfFile) {}

  /** Gives a section by what follows `.debug_` in its name; an empty one when it is missing or unreadable. */
  get(name: string): DebugSection {
    let section = this.#sections.get(name);
    if (!section) {
      section = this.#open(name) ?? DebugSection.empty();
      this.#sections.set(name, section);
    }
    return section;
  }

  has(name: string): boolean {
    return this.#find(`.debug_${name}`) !== undefined || this.#find(`.zdebug_${name}`) !== undefined;
  }

  /** Says, for people, which sections are there and not usable. */
  get problems(): string[] {
    return [...this.#problems];
  }

  #find(name: string): ElfSection | undefined {
    return this.elf.sections.find((section) => section.name === name && section.type !== SHT_NOBITS);
  }

  #open(name: string): DebugSection | undefined {
    const { file } = this.elf;
    const section = this.#find(`.debug_${name}`);
    if (section && (section.flags & SHF_COMPRESSED) === 0) {
      return DebugSection.inFile(file, section.offset, section.size);
    }
    if (section) {
      const header = file.read(section.offset, CHDR_BYTES);
      if (header.length < CHDR_BYTES) return undefined;
      const view = new DataView(header.buffer);
      return this.#unpack(section, CHDR_BYTES, view.getUint32(0, true), Number(view.getBigUint64(8, true)));
    }
    const old = this.#find(`.zdebug_${name}`);
    if (!old) return undefined;
    const header = file.read(old.offset, ZDEBUG_BYTES);
    if (header.length < ZDEBUG_BYTES || Buffer.from(header).toString("latin1", 0, 4) !== "ZLIB")
      return undefined;
    const size = Number(new DataView(header.buffer).getBigUint64(4, false));
    return this.#unpack(old, ZDEBUG_BYTES, ELFCOMPRESS_ZLIB, size);
  }

  #unpack(section: ElfSection, headerBytes: number, method: number, size: number): DebugSection | undefined {
    const packedBytes = section.size - headerBytes;
    if (this.#unpackedBytes + packedBytes + size > MAX_UNPACKED_BYTES) {
      this.#problems.add(
        `${section.name} is compressed and too large to unpack here; objcopy --decompress-debug-sections helps`,
      );
      return undefined;
    }
    const packed = this.elf.file.read(section.offset + headerBytes, packedBytes);
    const bytes = this.#unpackBytes(method, packed, size);
    if (!bytes) {
      this.#problems.add(`${section.name} could not be unpacked`);
      return undefined;
    }
    this.#unpackedBytes += size;
    return DebugSection.inMemory(bytes);
  }

  #unpackBytes(method: number, packed: Uint8Array, size: number): Uint8Array | undefined {
    if (method === ELFCOMPRESS_ZLIB) return inflate(packed, size);
    if (method !== ELFCOMPRESS_ZSTD || this.#zstdMs < 1) return undefined;
    const started = performance.now();
    const bytes = unzstd(packed, size, Math.ceil(this.#zstdMs));
    this.#zstdMs -= performance.now() - started;
    return bytes;
  }
}
