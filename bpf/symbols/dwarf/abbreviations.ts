import { ByteReader } from "./byte-reader.js";
import * as dw from "./constants.js";
import type { DebugSection } from "./debug-section.js";
import { type Encoding, fixedSize, skipForm } from "./forms.js";

/** An attribute of entries of one shape. */
export interface Attribute {
  name: number;
  form: number;
  /** The value where the form is an implicit constant. */
  constant: number;
  /** Bytes of the value; -1 when it says so itself. */
  size: number;
}

/** What entries of one shape have: the tag, and the attributes with their forms. */
export interface Abbreviation {
  tag: number;
  hasChildren: boolean;
  /** Whether entries say at which addresses their code is. */
  hasCode: boolean;
  /** Whether entries name a function by themselves, without a name that the linker knows. */
  hasOnlyPlainName: boolean;
  attributes: readonly Attribute[];
  /** Bytes of the last value where that says what comes behind the entry's children; else 0. */
  siblingBytes: number;
  /**
   * How to get behind the values without reading them: numbers of bytes, and forms of variable size as `-1 - form`.
   *
   * Nearly all bytes of `.debug_info` are only passed over, so this is what the speed of parsing comes from.
   */
  skip: readonly number[];
}

/** Most attributes of a table, and of one abbreviation; tables in practice have some thousand. */
const MAX_TABLE_ATTRIBUTES = 1 << 17;
const MAX_ATTRIBUTES = 1024;
/** Bytes of a table that are looked at together. */
const PART_BYTES = 1 << 12;

/** A table of abbreviations, parsed as far as it is asked for: the root of a unit needs the first alone. */
export class AbbreviationTable {
  readonly #byCode = new Map<number, Abbreviation>();
  /** The same where codes count from 1, as all compilers number them. */
  readonly #dense: (Abbreviation | undefined)[] = [undefined];
  #offset: number;
  #ended = false;
  /** Stands behind what was read last; declarations are small, and a reader for each would cost more than they. */
  #reader?: ByteReader;
  #weight = 0;

  constructor(
    private readonly section: DebugSection,
    offset: number,
    private readonly encoding: Encoding,
  ) {
    this.#offset = offset;
  }

  /** How much is held: abbreviations and their attributes parsed so far. */
  get weight(): number {
    return this.#weight;
  }

  get(code: number): Abbreviation | undefined {
    const known = code < this.#dense.length ? this.#dense[code] : this.#byCode.get(code);
    return known ?? (this.#ended ? undefined : this.#parseUntil(code));
  }

  #parseUntil(wanted: number): Abbreviation | undefined {
    while (!this.#ended) {
      const parsed = this.#next();
      if (!parsed || this.#weight > MAX_TABLE_ATTRIBUTES) {
        this.#ended = true;
        this.#reader = undefined;
        return undefined;
      }
      this.#weight += 1 + parsed.abbreviation.attributes.length;
      this.#offset = parsed.end;
      if (parsed.code === this.#dense.length) this.#dense.push(parsed.abbreviation);
      else this.#byCode.set(parsed.code, parsed.abbreviation);
      if (parsed.code === wanted) return parsed.abbreviation;
    }
    return undefined;
  }

  #next() {
    const reader = this.#reader ?? new ByteReader(this.section.bytes(this.#offset, PART_BYTES), this.#offset);
    const parsed = readAbbreviation(reader, this.encoding);
    this.#reader = reader.failed ? undefined : reader;
    if (!reader.failed) return parsed;
    return this.section.parse(this.#offset, (again) => readAbbreviation(again, this.encoding));
  }
}

/** Reads one declaration; nothing at the end of the table, or when its shape cannot be true. */
function readAbbreviation(reader: ByteReader, encoding: Encoding) {
  const code = reader.uleb();
  if (code === 0) return undefined;
  const tag = reader.uleb();
  const hasChildren = reader.u8() !== 0;
  const attributes: Attribute[] = [];
  for (;;) {
    const name = reader.uleb();
    const form = reader.uleb();
    if (reader.failed || (name === 0 && form === 0)) break;
    if (attributes.length >= MAX_ATTRIBUTES) return undefined;
    const constant = form === dw.DW_FORM_implicit_const ? reader.sleb() : 0;
    attributes.push({ name, form, constant, size: fixedSize(form, encoding) });
  }
  return { code, end: reader.offset, abbreviation: describe(tag, hasChildren, attributes) };
}

function describe(tag: number, hasChildren: boolean, attributes: Attribute[]): Abbreviation {
  const has = (...names: number[]) => attributes.some(({ name }) => names.includes(name));
  return {
    tag,
    hasChildren,
    hasCode: has(dw.DW_AT_low_pc, dw.DW_AT_ranges),
    hasOnlyPlainName: has(dw.DW_AT_name) && !has(dw.DW_AT_linkage_name, dw.DW_AT_MIPS_linkage_name),
    attributes,
    siblingBytes: siblingBytes(attributes.at(-1)),
    skip: skipProgram(attributes),
  };
}

function siblingBytes(last: Attribute | undefined): number {
  return last?.name === dw.DW_AT_sibling && SIBLING_FORMS.has(last.form) ? last.size : 0;
}

/** References into the same unit of a size that is known. */
const SIBLING_FORMS: ReadonlySet<number> = new Set([
  dw.DW_FORM_ref1,
  dw.DW_FORM_ref2,
  dw.DW_FORM_ref4,
  dw.DW_FORM_ref8,
]);

function skipProgram(attributes: readonly Attribute[]): number[] {
  const program: number[] = [];
  let bytes = 0;
  for (const { form, size } of attributes) {
    if (size >= 0) {
      bytes += size;
      continue;
    }
    if (bytes > 0) program.push(bytes);
    bytes = 0;
    program.push(-1 - form);
  }
  if (bytes > 0) program.push(bytes);
  return program;
}

/** Moves behind all values of an entry. */
export function skipValues(reader: ByteReader, abbreviation: Abbreviation, encoding: Encoding): void {
  const { skip } = abbreviation;
  for (let i = 0; i < skip.length; i++) {
    const step = skip[i];
    if (step > 0) reader.skip(step);
    else skipForm(reader, -1 - step, encoding);
  }
}
