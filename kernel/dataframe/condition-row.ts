import type { Column } from "./columns/column.js";
import { madeColumn } from "./columns/lazy-column.js";
import { NumberColumn } from "./columns/number-column.js";
import { TextColumn } from "./columns/text-column.js";

const SOURCES = Symbol("sources");
const POSITION = Symbol("position");

/** What members of a row are read from, by the kind of their column. */
type Source = Int32Array | Float64Array | Texts | Column;
type Texts = ReturnType<TextColumn["encoded"]>;
type Kind = "integers" | "floats" | "texts" | "any";
type RowReader = new (sources: readonly Source[], position: number) => object;

interface RowAt {
  [SOURCES]: readonly never[];
  [POSITION]: number;
}

/** Frames of different columns that are remembered. */
const MAX_READERS = 64;
/** Texts of a dictionary that are worth being made names. */
const MAX_NAMES = 2 ** 14;
const readers = new Map<string, RowReader>();

/**
 * A class of rows whose members are looked up when they are asked for.
 *
 * The same one for the same names and kinds: V8 makes fast code for a condition whose rows are always of one class.
 */
export function rowReader(
  names: readonly string[],
  columns: readonly Column[],
): { Reader: RowReader; sources: readonly Source[] } {
  const sources = columns.map(sourceOf);
  const kinds = sources.map(kindOf);
  const key = JSON.stringify([names, kinds]);
  let Reader = readers.get(key);
  if (!Reader) {
    if (readers.size >= MAX_READERS) readers.clear();
    Reader = makeReader(names, kinds);
    readers.set(key, Reader);
  }
  return { Reader, sources };
}

function sourceOf(column: Column): Source {
  const made = madeColumn(column);
  if (made instanceof NumberColumn) return made.values;
  if (!(made instanceof TextColumn) || made.isLazy) return made;
  const { codes, texts } = made.encoded();
  return { codes, texts: texts.length <= MAX_NAMES ? texts.map(asName) : texts };
}

/** The same text as V8 has names of members, and literals: two of those are compared by their addresses. */
function asName(text: string): string {
  const members = Object.create(null);
  members[text] = true;
  return Object.keys(members)[0];
}

function kindOf(source: Source): Kind {
  if (source instanceof Int32Array) return "integers";
  if (source instanceof Float64Array) return "floats";
  return "texts" in source && Array.isArray(source.texts) ? "texts" : "any";
}

/** A function for each kind, not one for all: what V8 learns of one place is then of one type of array. */
const GETTERS: Record<Kind, (column: number) => (this: RowAt) => unknown> = {
  integers: (column) =>
    function () {
      return (this[SOURCES][column] as Int32Array)[this[POSITION]];
    },
  floats: (column) =>
    function () {
      return (this[SOURCES][column] as Float64Array)[this[POSITION]];
    },
  texts: (column) =>
    function () {
      const { codes, texts } = this[SOURCES][column] as Texts;
      const code = codes[this[POSITION]];
      return code < 0 ? null : texts[code];
    },
  any: (column) =>
    function () {
      return (this[SOURCES][column] as Column).at(this[POSITION]);
    },
};

function makeReader(names: readonly string[], kinds: readonly Kind[]): RowReader {
  function RowAt(this: RowAt, sources: readonly never[], position: number) {
    this[SOURCES] = sources;
    this[POSITION] = position;
  }
  const prototype = Object.create(null);
  for (const [column, name] of names.entries())
    Object.defineProperty(prototype, name, { enumerable: true, get: GETTERS[kinds[column]](column) });
  RowAt.prototype = prototype;
  return RowAt as unknown as RowReader;
}
