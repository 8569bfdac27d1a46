import { printable } from "../symbol-name.js";
import * as dw from "./constants.js";
import type { Entries, Entry, Unit } from "./entries.js";
import { type FormValue, isSupplementary } from "./forms.js";

/** Most entries that are followed from one to the next: a place where code was inlined leads over some three. */
const MAX_HOPS = 16;

/** Most scopes that are written before a name, and longest name in characters. */
const MAX_SCOPES = 32;
const MAX_NAME_LENGTH = 16 << 10;

/** What an entry and those it refers to say about a function. */
export interface FunctionName {
  /** The name that the linker knows, else the plain one after its scopes; "" when there is neither. */
  name: string;
  /** Line at which the function is declared. */
  line?: number;
  /** Whether the name is in the file that dwz moved shared parts to. */
  isElsewhere: boolean;
}

/** Where other units come from, and the scopes around a function; all offsets are those in `.debug_info`. */
export interface UnitSource {
  unitAt(offset: number): Unit | undefined;
  /** Offsets of the entries of the scopes, from inside outwards. */
  scopesAround(unit: Unit, offset: number): number[];
}

/** Names a function by its entry, over abstract origins and specifications, which may be in other units. */
export function functionName(entries: Entries, source: UnitSource, unit: Unit, offset: number): FunctionName {
  let plain: { unit: Unit; offset: number; name: string } | undefined;
  let line: number | undefined;
  let isElsewhere = false;
  for (const hop of follow(entries, source, unit, offset)) {
    const { values } = hop.entry;
    const text = (attribute: number) => {
      const value = values.get(attribute);
      if (value && isSupplementary(value.form)) isElsewhere = true;
      return value && entries.string(hop.unit, value);
    };
    line ??= values.get(dw.DW_AT_decl_line)?.raw;
    const linkage = text(dw.DW_AT_linkage_name) || text(dw.DW_AT_MIPS_linkage_name);
    if (linkage) return { name: tidy(linkage), line, isElsewhere: false };
    const name = plain ? undefined : text(dw.DW_AT_name);
    if (name) plain = { unit: hop.unit, offset: hop.offset, name };
    const next = referenceOf(hop.entry);
    if (next && isSupplementary(next.form)) isElsewhere = true;
  }
  if (!plain) return { name: "", line, isElsewhere };
  return { name: tidy(withScopes(entries, source, plain)), line, isElsewhere: false };
}

function* follow(entries: Entries, source: UnitSource, unit: Unit, offset: number) {
  for (let hops = 0; hops < MAX_HOPS; hops++) {
    const entry = entries.read(unit, offset);
    if (!entry) return;
    yield { unit, offset, entry };
    const reference = referenceOf(entry);
    if (!reference) return;
    const target = targetOf(unit, reference);
    const home = target >= unit.root && target < unit.end ? unit : source.unitAt(target);
    if (!home) return;
    unit = home;
    offset = target;
  }
}

function referenceOf(entry: Entry): FormValue | undefined {
  return entry.values.get(dw.DW_AT_abstract_origin) ?? entry.values.get(dw.DW_AT_specification);
}

/** Gives the offset in `.debug_info` that a reference leads to; NaN when it leads elsewhere. */
function targetOf(unit: Unit, { form, raw }: FormValue): number {
  if (form === dw.DW_FORM_ref_addr) return raw;
  const isInUnit = form >= dw.DW_FORM_ref1 && form <= dw.DW_FORM_ref_udata;
  return isInUnit ? unit.offset + raw : Number.NaN;
}

function withScopes(
  entries: Entries,
  source: UnitSource,
  plain: { unit: Unit; offset: number; name: string },
): string {
  const { unit, offset, name } = plain;
  if (dw.UNSCOPED_LANGUAGES.has(unit.language)) return name;
  // gcc gives the class of a lambda no name.
  const nameless = name === "operator()" ? "<lambda>" : "(anonymous)";
  const scopes = source.scopesAround(unit, offset).slice(0, MAX_SCOPES).reverse();
  return [...scopes.map((scope) => scopeName(entries, source, unit, scope, nameless)), name].join("::");
}

function scopeName(
  entries: Entries,
  source: UnitSource,
  unit: Unit,
  offset: number,
  nameless: string,
): string {
  let tag = 0;
  for (const hop of follow(entries, source, unit, offset)) {
    tag ||= hop.entry.tag;
    const value = hop.entry.values.get(dw.DW_AT_name);
    const name = value && entries.string(hop.unit, value);
    if (name) return name;
  }
  return tag === dw.DW_TAG_namespace ? "(anonymous namespace)" : nameless;
}

function tidy(name: string): string {
  return printable(name.slice(0, MAX_NAME_LENGTH));
}
