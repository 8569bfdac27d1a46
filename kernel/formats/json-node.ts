import { FormatError, type FormatSource } from "./format-error.js";
import { MAX_TEXT } from "./long-text.js";

/** A value of a stranger's JSON, with its path. Each access says what it expects, and fails with the path. */
export class JsonNode {
  constructor(
    readonly value: unknown,
    readonly path: string,
    private readonly source: { file: string; format: string; fileBytes: number },
  ) {}

  /** A JSON file. Throws a FormatError that names the byte where the text stops being JSON. */
  static parse({ file, bytes }: FormatSource, format = "JSON"): JsonNode {
    if (bytes.length > MAX_TEXT)
      throw new FormatError(file, format, `byte ${MAX_TEXT}`, `expected at most ${MAX_TEXT} bytes of JSON`);
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
      .toString("utf8")
      .replace(/^\ufeff/, "");
    try {
      return new JsonNode(JSON.parse(text), "$", { file, format, fileBytes: bytes.length });
    } catch (error) {
      const { message } = error as Error;
      const at = Buffer.byteLength(text.slice(0, errorPosition(text, message)));
      throw new FormatError(file, format, `byte ${at}`, `expected JSON: ${message}`);
    }
  }

  /** The same, with the format's name in what it throws. */
  as(format: string): JsonNode {
    return new JsonNode(this.value, this.path, { ...this.source, format });
  }

  fail(problem: string): never {
    throw new FormatError(this.source.file, this.source.format, this.path, problem);
  }

  /** Size of the whole file. */
  get fileBytes(): number {
    return this.source.fileBytes;
  }

  get isMissing(): boolean {
    return this.value === undefined || this.value === null;
  }

  /** A member of an object; missing where the object does not have it. */
  member(name: string): JsonNode {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value))
      this.fail(`expected an object, got ${kindOf(this.value)}`);
    const has = Object.hasOwn(this.value, name);
    return this.child(has ? (this.value as Record<string, unknown>)[name] : undefined, `.${name}`);
  }

  /** @param unlessMissing Stands for a value that is not there or null. */
  text(unlessMissing?: string): string {
    if (this.isMissing && unlessMissing !== undefined) return unlessMissing;
    if (typeof this.value !== "string") this.fail(`expected a string, got ${kindOf(this.value)}`);
    return this.value;
  }

  /** A number below {@link MAX_NUMBER}, of either sign. @param unlessMissing Stands for a value that is not there or null. */
  number(unlessMissing?: number): number {
    if (this.isMissing && unlessMissing !== undefined) return unlessMissing;
    if (!isBounded(this.value)) this.fail(`expected a number, got ${kindOf(this.value)}`);
    return this.value;
  }

  list(): unknown[] {
    if (!Array.isArray(this.value)) this.fail(`expected a list, got ${kindOf(this.value)}`);
    return this.value;
  }

  /** The values of a list, each with its path. */
  *items(): Generator<JsonNode> {
    for (const [i, value] of this.list().entries()) yield this.child(value, `[${i}]`);
  }

  /** A list of numbers below {@link MAX_NUMBER}. */
  numbers(): number[] {
    const list = this.list();
    for (let i = 0; i < list.length; i++) if (!isBounded(list[i])) this.child(list[i], `[${i}]`).number();
    return list as number[];
  }

  /** A list of rows of a table that has `count`, -1 for null where a row may be missing. */
  rows(count: number, { nullable = false } = {}): number[] {
    return this.list().map((value, i) => {
      if (nullable && (value === null || value === -1)) return -1;
      if (Number.isInteger(value) && (value as number) >= 0 && (value as number) < count)
        return value as number;
      return this.child(value, `[${i}]`).fail(`expected a row below ${count}, got ${kindOf(value)}`);
    });
  }

  child(value: unknown, step: string): JsonNode {
    return new JsonNode(value, this.path + step, this.source);
  }
}

/** Larger than any time in nanoseconds, and small enough that sums of them stay finite. */
const MAX_NUMBER = 1e30;

function isBounded(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) < MAX_NUMBER;
}

/** An error is looked for in as much text, where the message does not say its position: more would take too long. */
const MAX_SEARCHED = 2 ** 22;
/** The text is JSON as far as it goes. */
const UNFINISHED = /end of JSON input|Unterminated|Bad Unicode escape|No number after|Exponent part/;

/**
 * Where the text stops being JSON: where the message says, or the length of the longest part from its beginning that could
 * go on to be JSON.
 */
function errorPosition(text: string, message: string): number {
  const position = /at position (\d+)/.exec(message);
  if (position) return Number(position[1]);
  if (UNFINISHED.test(message)) return text.length;
  let [good, bad] = [0, Math.min(text.length, MAX_SEARCHED) + 1];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    try {
      JSON.parse(text.slice(0, middle));
      good = middle;
    } catch (error) {
      if (UNFINISHED.test((error as Error).message)) good = middle;
      else bad = middle;
    }
  }
  return good;
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  return value === null ? "null" : Array.isArray(value) ? "a list" : `a value of type ${typeof value}`;
}
