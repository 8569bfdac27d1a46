import type { Codes, Column } from "./column.js";

/** The distinct texts of a column, each made when it is asked for. */
export interface Texts {
  readonly length: number;
  at(code: number): string;
  /** True when no text has two codes. */
  readonly distinct: boolean;
  /** True when texts are made at first sight. */
  readonly lazy?: true;
}

/** Rows for each text of a dictionary above which it is not worth while to look which are used. */
const MANY = 100;

/** Text as codes into a dictionary; code -1 is missing. */
export class TextColumn implements Column {
  readonly dtype = "string";

  constructor(
    private readonly raw: Int32Array,
    private readonly texts: Texts,
  ) {}

  /** Builds the dictionary of a list of texts. */
  static of(values: readonly (string | null | undefined)[]): TextColumn {
    const known = new Map<string, number>();
    const codes = new Int32Array(values.length);
    for (let row = 0; row < values.length; row++) {
      const value = values[row];
      if (value === null || value === undefined) {
        codes[row] = -1;
        continue;
      }
      let code = known.get(value);
      if (code === undefined) {
        code = known.size;
        known.set(value, code);
      }
      codes[row] = code;
    }
    return new TextColumn(codes, listTexts([...known.keys()]));
  }

  get length(): number {
    return this.raw.length;
  }

  at(row: number): string | null {
    const code = this.raw[row];
    return code < 0 ? null : this.texts.at(code);
  }

  take(rows: Int32Array): TextColumn {
    const taken = new Int32Array(rows.length);
    for (let i = 0; i < rows.length; i++) taken[i] = rows[i] < 0 ? -1 : this.raw[rows[i]];
    return new TextColumn(taken, this.texts);
  }

  toArray(): (string | null)[] {
    const { raw, texts } = this;
    const values = new Array<string | null>(raw.length);
    for (let row = 0; row < raw.length; row++) values[row] = raw[row] < 0 ? null : texts.at(raw[row]);
    return values;
  }

  /** True when texts are made at first sight. */
  get isLazy(): boolean {
    return this.texts.lazy === true;
  }

  /** The codes, and all texts of the dictionary. */
  encoded(): { codes: Int32Array; texts: string[] } {
    const { raw, texts } = this;
    return { codes: raw, texts: Array.from({ length: texts.length }, (_, code) => texts.at(code)) };
  }

  codes(): Codes {
    const { raw, texts } = this;
    const used = usedCodes(raw, texts);
    if (texts.distinct && !used[0]) return { codes: raw, size: texts.length };
    // Two codes may stand for one text: two stacks of equal names in different files.
    const canonical = new Int32Array(texts.length + 1);
    const known = new Map<string | null, number>();
    for (let code = -1; code < texts.length; code++) {
      if (!used[code + 1]) continue;
      const text = code < 0 ? null : texts.at(code);
      let same = known.get(text);
      if (same === undefined) {
        same = known.size;
        known.set(text, same);
      }
      canonical[code + 1] = same;
    }
    return { codes: raw, size: known.size, map: canonical };
  }

  ranks(): Float64Array {
    const used = [...new Set(this.raw)]
      .filter((code) => code >= 0)
      .map((code) => ({ code, text: this.texts.at(code) }));
    used.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
    const ranks = new Float64Array(this.texts.length);
    for (let i = 1; i < used.length; i++) {
      ranks[used[i].code] = ranks[used[i - 1].code] + (used[i].text === used[i - 1].text ? 0 : 1);
    }
    const rankOf = new Float64Array(this.raw.length);
    for (let row = 0; row < rankOf.length; row++) {
      const code = this.raw[row];
      rankOf[row] = code < 0 ? Number.NaN : ranks[code];
    }
    return rankOf;
  }
}

/** By code + 1, 1 where the code is used: what is missing has a code too. A small dictionary counts as used. */
function usedCodes(raw: Int32Array, texts: Texts): Uint8Array {
  const used = new Uint8Array(texts.length + 1);
  if (!texts.distinct && texts.length < raw.length / MANY) return used.fill(1);
  for (let row = 0; row < raw.length; row++) used[raw[row] + 1] = 1;
  return used;
}

/** A dictionary whose texts exist already and differ. */
export function listTexts(texts: readonly string[]): Texts {
  return { length: texts.length, at: (code) => texts[code], distinct: true };
}

/** A dictionary whose texts are made at first sight, and kept. */
export function lazyTexts(length: number, make: (code: number) => string): Texts {
  const made = new Map<number, string>();
  return {
    length,
    distinct: false,
    lazy: true,
    at(code) {
      let text = made.get(code);
      if (text === undefined) {
        text = make(code);
        made.set(code, text);
      }
      return text;
    },
  };
}
