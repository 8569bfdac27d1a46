import { AbbreviationTable } from "./abbreviations.js";
import * as dw from "./constants.js";
import type { DebugSections } from "./debug-sections.js";
import { type FormValue, isAddressIndex, isStringIndex, readForm } from "./forms.js";
import type { UnitHeader } from "./unit-header.js";

/** What a unit's root says that its other entries need. */
export interface Unit extends UnitHeader {
  /** Address that range lists count from. */
  base: number;
  stringOffsets: number;
  addresses: number;
  rangeLists: number;
  language: number;
  /** Offset in `.debug_line`. */
  lines?: number;
  directory?: FormValue;
  /** The `.dwo` file that the unit's entries were split off to. */
  splitFile?: FormValue;
  rootEntry: Entry;
}

/** A debugging information entry, its values by attribute. */
export interface Entry {
  tag: number;
  values: ReadonlyMap<number, FormValue>;
}

/** Most tables of abbreviations that are kept, and most abbreviations and attributes in all of them. */
const MAX_TABLES = 64;
const MAX_TABLE_WEIGHT = 1 << 18;

/** Reads single entries of `.debug_info`, and what their values refer to in other sections. */
export class Entries {
  readonly #tables = new Map<string, AbbreviationTable>();

  constructor(readonly sections: DebugSections) {}

  /** The table of abbreviations of a unit. */
  abbreviations(unit: UnitHeader): AbbreviationTable {
    const key = `${unit.abbreviations} ${unit.version} ${unit.is64} ${unit.addressSize}`;
    let table = this.#tables.get(key);
    if (table) return table;
    this.#makeRoom();
    table = new AbbreviationTable(this.sections.get("abbrev"), unit.abbreviations, unit);
    this.#tables.set(key, table);
    return table;
  }

  /** Reads the entry at an offset of `.debug_info`; nothing when there is none. */
  read(unit: UnitHeader, offset: number): Entry | undefined {
    if (offset < unit.root || offset >= unit.end) return undefined;
    const table = this.abbreviations(unit);
    return this.sections.get("info").parse(offset, (reader) => {
      const code = reader.uleb();
      const abbreviation = code === 0 ? undefined : table.get(code);
      if (!abbreviation) return undefined;
      const values = new Map<number, FormValue>();
      const { attributes, tag } = abbreviation;
      for (const { name, form, constant } of attributes) {
        const value = readForm(reader, form, unit, constant);
        if (!values.has(name)) values.set(name, value);
      }
      return { tag, values };
    });
  }

  /** Reads the root entry of a unit. */
  unit(header: UnitHeader): Unit | undefined {
    const root = this.read(header, header.root);
    if (!root) return undefined;
    const { values } = root;
    const raw = (attribute: number) => values.get(attribute)?.raw;
    const unit: Unit = {
      // One by one: copying them with a spread is what opening a file of many units would spend its time on.
      version: header.version,
      is64: header.is64,
      addressSize: header.addressSize,
      offset: header.offset,
      end: header.end,
      root: header.root,
      abbreviations: header.abbreviations,
      isType: header.isType,
      base: 0,
      // Behind the header of the section, where DWARF 5 units that say nothing have their part.
      stringOffsets: raw(dw.DW_AT_str_offsets_base) ?? (header.version === 5 ? (header.is64 ? 16 : 8) : 0),
      addresses: raw(dw.DW_AT_addr_base) ?? raw(dw.DW_AT_GNU_addr_base) ?? (header.version === 5 ? 8 : 0),
      rangeLists: raw(dw.DW_AT_rnglists_base) ?? (header.is64 ? 20 : 12),
      language: raw(dw.DW_AT_language) ?? 0,
      lines: raw(dw.DW_AT_stmt_list),
      directory: values.get(dw.DW_AT_comp_dir),
      splitFile: values.get(dw.DW_AT_dwo_name) ?? values.get(dw.DW_AT_GNU_dwo_name),
      rootEntry: root,
    };
    const low = values.get(dw.DW_AT_low_pc);
    unit.base = (low && this.address(unit, low)) ?? 0;
    return unit;
  }

  /** Gives the address that a value is or refers to. */
  address(unit: Unit, value: FormValue): number | undefined {
    return isAddressIndex(value.form) ? this.indexedAddress(unit, value.raw) : value.raw;
  }

  /** Gives an address of the unit's part of `.debug_addr`. */
  indexedAddress(unit: Unit, index: number): number | undefined {
    return this.sections.get("addr").unsigned(unit.addresses + index * unit.addressSize, unit.addressSize);
  }

  /** Gives the text that a value of the section `home` is or refers to; nothing when it is in another file. */
  string(unit: Unit, value: FormValue, home: "info" | "line" = "info"): string | undefined {
    const { form, raw } = value;
    if (form === dw.DW_FORM_string) return this.sections.get(home).string(raw);
    if (form === dw.DW_FORM_strp) return this.sections.get("str").string(raw);
    if (form === dw.DW_FORM_line_strp) return this.sections.get("line_str").string(raw);
    if (!isStringIndex(form)) return undefined;
    const size = unit.is64 ? 8 : 4;
    const offset = this.sections.get("str_offsets").unsigned(unit.stringOffsets + raw * size, size);
    return offset === undefined ? undefined : this.sections.get("str").string(offset);
  }

  #makeRoom(): void {
    let weight = 0;
    for (const table of this.#tables.values()) weight += table.weight;
    for (const [key, table] of this.#tables) {
      if (this.#tables.size < MAX_TABLES && weight <= MAX_TABLE_WEIGHT) return;
      weight -= table.weight;
      this.#tables.delete(key);
    }
  }
}
