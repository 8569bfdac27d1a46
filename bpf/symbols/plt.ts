import type { VirtualAddress } from "./address.js";
import { type ElfFile, type ElfSection, SHT_RELA } from "./elf-file.js";
import { readSymbolName } from "./symbol-index.js";

/** Most relocations read from one file; the largest libraries have some 100,000. */
export const MAX_RELOCATIONS = 1 << 18;

/** Most sections of stubs; linkers make up to three. */
const MAX_SECTIONS = 8;
const RELOCATION_BYTES = 24;
const SYMBOL_BYTES = 24;
/** Relocations that fill a slot with a function (psABI for x86-64). */
const R_X86_64_GLOB_DAT = 6;
const R_X86_64_JUMP_SLOT = 7;
const R_X86_64_IRELATIVE = 37;

/** Stubs are of 16 bytes; of 8 in a `.plt.got` without endbr64 and in a static program's `.plt`. Not all sections say. */
const STUB_BYTES = [8, 16];

/** What a relocation puts into its slot: a function by its symbol, or what an indirect function's resolver chooses. */
interface Target {
  symbolOffset?: number;
  strings?: ElfSection;
  resolver?: VirtualAddress;
}

/**
 * Names the stubs through which x86-64 code calls functions of other files: `puts@plt`.
 *
 * A stub is decoded for the slot that it jumps through, and the relocation of that slot has the name; so lazy and
 * immediate binding, `.plt.sec` and `.plt.got` are one case. The lazy half of a stub with endbr64 pushes the number of
 * its relocation instead.
 */
export class Plt {
  readonly #sections: ElfSection[];
  #slots?: Map<VirtualAddress, Target>;
  /** Targets of `.rela.plt` in order. */
  #lazy: Target[] = [];

  /** @param nameOf name of the function at a virtual address */
  constructor(
    private readonly elf: ElfFile,
    private readonly nameOf: (address: VirtualAddress) => string | undefined,
  ) {
    const stubs = elf.isX86 ? elf.sections.filter(({ name }) => /^\.plt(\.|$)/.test(name)) : [];
    this.#sections = stubs.slice(0, MAX_SECTIONS);
  }

  /** Returns the name of the stub over an address; undefined where there is none. */
  find(address: VirtualAddress): string | undefined {
    const section = this.#sections.find(
      (candidate) => address >= candidate.address && address < candidate.address + candidate.size,
    );
    if (!section) return undefined;
    for (const bytes of STUB_BYTES) {
      if (bytes !== section.entrySize && STUB_BYTES.includes(section.entrySize)) continue;
      const within = Math.floor((address - section.address) / bytes) * bytes;
      const stub = this.elf.file.read(section.offset + within, bytes);
      const target = this.#target(stub, section.address + within);
      const name = target && this.#name(target);
      if (name) return `${name}@plt`;
    }
    return undefined;
  }

  #target(stub: Uint8Array, address: VirtualAddress): Target | undefined {
    this.#slots ??= this.#readSlots();
    const view = new DataView(stub.buffer, 0, stub.length);
    // f3 0f 1e fa is endbr64, f2 a bnd prefix.
    let at = stub.length >= 12 && view.getUint32(0, true) === 0xfa1e0ff3 ? 4 : 0;
    if (stub[at] === 0x68 && at + 5 <= stub.length) return this.#lazy[view.getUint32(at + 1, true)];
    if (stub[at] === 0xf2) at++;
    // ff 25: jmp *displacement(%rip)
    if (at + 6 > stub.length || stub[at] !== 0xff || stub[at + 1] !== 0x25) return undefined;
    return this.#slots.get(address + at + 6 + view.getInt32(at + 2, true));
  }

  #name({ symbolOffset, strings, resolver }: Target): string | undefined {
    if (resolver !== undefined) return this.nameOf(resolver);
    if (symbolOffset === undefined || !strings) return undefined;
    const entry = this.elf.file.read(symbolOffset, 4);
    if (entry.length < 4) return undefined;
    const nameOffset = new DataView(entry.buffer).getUint32(0, true);
    return nameOffset < strings.size ? readSymbolName(this.elf.file, strings.offset + nameOffset) : undefined;
  }

  #readSlots(): Map<VirtualAddress, Target> {
    const slots = new Map<VirtualAddress, Target>();
    let budget = MAX_RELOCATIONS;
    for (const section of this.elf.sections) {
      if (section.type !== SHT_RELA || section.entrySize !== RELOCATION_BYTES) continue;
      const isLazy = section.name === ".rela.plt";
      if (!isLazy && section.name !== ".rela.dyn") continue;
      const count = Math.min(Math.floor(section.size / RELOCATION_BYTES), budget);
      budget -= count;
      const bytes = this.elf.file.read(section.offset, count * RELOCATION_BYTES);
      const view = new DataView(bytes.buffer);
      for (let at = 0; at + RELOCATION_BYTES <= bytes.length; at += RELOCATION_BYTES) {
        const target = this.#readTarget(section, view, at);
        if (isLazy) this.#lazy.push(target ?? {});
        if (target) slots.set(u64(view, at), target);
      }
    }
    return slots;
  }

  /** Reads an `Elf64_Rela`: slot, type and symbol, addend. */
  #readTarget(section: ElfSection, view: DataView, at: number): Target | undefined {
    const type = view.getUint32(at + 8, true);
    if (type === R_X86_64_IRELATIVE) return { resolver: u64(view, at + 16) };
    if (type !== R_X86_64_GLOB_DAT && type !== R_X86_64_JUMP_SLOT) return undefined;
    const symbols = this.elf.sections[section.link];
    const strings = symbols && this.elf.sections[symbols.link];
    const symbol = view.getUint32(at + 12, true);
    if (!strings || symbol >= Math.floor(symbols.size / SYMBOL_BYTES)) return undefined;
    return { symbolOffset: symbols.offset + symbol * SYMBOL_BYTES, strings };
  }
}

/** Reads 64 bits; inexact above 2^53, where no file of ours has anything. */
function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 0x1_0000_0000 + view.getUint32(at, true);
}
