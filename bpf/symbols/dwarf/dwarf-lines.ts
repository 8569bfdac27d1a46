import type { VirtualAddress } from "../address.js";
import { type ElfFile, PT_LOAD } from "../elf-file.js";
import type { Reason } from "../reason.js";
import { printable } from "../symbol-name.js";
import { DebugSections } from "./debug-sections.js";
import { Entries, type Unit } from "./entries.js";
import { functionName } from "./function-names.js";
import { UnitCache } from "./unit-cache.js";
import { UnitIndex } from "./unit-index.js";
import type { UnitLines } from "./unit-lines.js";

/** Most functions at one address; of more the one with code and the innermost are given. Compilers stop at some 30. */
export const MAX_FRAMES = 64;

/** A function at an address, or one that was inlined into it there. */
export interface DwarfFrame {
  /**
   * The name that the linker knows (mangled), else the plain one after its scopes.
   *
   * "" when only a line is known: of assembly, or where the name is in a file that is not read (see `notes`).
   */
  name: string;
  /** Source file: absolute, unless the compiler was given a relative one and did not say to what. */
  file?: string;
  /** Line of the address; of a frame with others inside, the line of the call. */
  line?: number;
  /** Line at which the function is declared. */
  declarationLine?: number;
  /** Whether the function has no call of its own here: it is part of the frame before. */
  inlined: boolean;
}

/**
 * Says from which line of which function code comes, by the DWARF 2 to 5 of a file or of its separate debug file.
 *
 * Reads what the asked addresses need: an index of units at first, then each unit that is hit, of which the last used
 * stay in memory. Never throws, whatever the file contains. The file belongs to the caller and stays open meanwhile.
 */
export class DwarfLines {
  readonly #notes = new Set<string>();
  #splitUnits = 0;

  private constructor(
    private readonly entries: Entries,
    private readonly index: UnitIndex,
    private readonly units: UnitCache,
  ) {}

  /** Reads the index; `missing-symbols` when there is no DWARF, `unsupported` when it cannot be read. */
  static open(elf: ElfFile): DwarfLines | Reason {
    const sections = new DebugSections(elf);
    if (!sections.has("info")) return "missing-symbols";
    const entries = new Entries(sections);
    const lowest = lowestCode(elf);
    const index = new UnitIndex(entries, lowest);
    if (index.unitCount === 0) return "unsupported";
    return new DwarfLines(entries, index, new UnitCache(entries, index, lowest));
  }

  /** Bytes of tables held in memory, beside at most 160 MiB of unpacked sections. */
  get sizeBytes(): number {
    return this.index.sizeBytes + this.units.sizeBytes;
  }

  /** Gives the function that contains an address, then what is inlined there, inwards; empty when nothing covers it. */
  frames(address: VirtualAddress): DwarfFrame[] {
    let withoutFunction: DwarfFrame[] = [];
    for (const offset of this.index.covering(address)) {
      const unit = this.units.get(offset);
      if (!unit) continue;
      if (unit.isNew && unit.unit.splitFile) this.#noteSplit(unit.unit);
      unit.isNew = false;
      const frames = this.#framesIn(unit, address);
      if (frames.length > 0 && frames[0].name !== "") return frames;
      if (withoutFunction.length < frames.length) withoutFunction = frames;
    }
    return withoutFunction;
  }

  /** Says, for people, what is there and was not read. */
  notes(): string[] {
    return [...this.entries.sections.problems, ...this.#notes];
  }

  #framesIn(lines: UnitLines, address: VirtualAddress): DwarfFrame[] {
    const chain = lines.functions.at(address);
    if (chain.length > MAX_FRAMES) chain.splice(1, chain.length - MAX_FRAMES);
    const at = lines.lineAt(address);
    if (chain.length === 0) return at ? [{ name: "", ...at, inlined: false }] : [];
    return chain.map((row, i) => {
      const {
        name,
        line: declarationLine,
        isElsewhere,
      } = lines.nameOf(row.offset, () => functionName(this.entries, this.#source, lines.unit, row.offset));
      if (isElsewhere) this.#notes.add("some names are in a file shared by several (dwz), which is not read");
      const location = i + 1 < chain.length ? lines.callSite(chain[i + 1].offset) : at;
      return {
        name,
        ...location,
        ...(declarationLine ? { declarationLine } : {}),
        inlined: row.inlined,
      };
    });
  }

  readonly #source = {
    unitAt: (offset: number) => {
      const header = this.index.containing(offset);
      return header && this.units.get(header.offset)?.unit;
    },
    scopesAround: (unit: Unit, offset: number) => {
      const scopes = this.units.get(unit.offset)?.functions.scopesAround(offset - unit.offset) ?? [];
      return scopes.map((scope) => unit.offset + scope);
    },
  };

  #noteSplit(unit: Unit): void {
    const { splitFile } = unit;
    this.#splitUnits++;
    if (this.#splitUnits > 1 || !splitFile) return;
    const name = printable(this.entries.string(unit, splitFile) ?? "");
    this.#notes.add(`split DWARF: ${name || "a .dwo file"} is not read, so inlined functions may be missing`);
  }
}

/** Gives the lowest address at which the file has code. 0 and 1 are what linkers write over that of dropped code. */
function lowestCode(elf: ElfFile): VirtualAddress {
  let lowest = Number.POSITIVE_INFINITY;
  for (const section of elf.sections) {
    if (section.executable && section.address > 0) lowest = Math.min(lowest, section.address);
  }
  if (Number.isFinite(lowest)) return Math.max(lowest, 2);
  for (const segment of elf.segments) {
    if (segment.type === PT_LOAD && segment.executable) lowest = Math.min(lowest, segment.address);
  }
  return Number.isFinite(lowest) ? Math.max(lowest, 2) : 2;
}
