import { addressOrder } from "./address-order.js";
import { compareNames, printable } from "./symbol-name.js";

/** A kernel function; `module` is bracketed: `[kernel]`, `[nf_tables]`, `[bpf]`. */
export interface KernelSymbol {
  name: string;
  module: string;
}

/** Module of the kernel's own code. */
export const KERNEL_MODULE = "[kernel]";

/** Most symbols kept; a kernel with everything built in has some 300,000. */
export const MAX_KERNEL_SYMBOLS = 1 << 22;

/** How far a symbol reaches when the next one is farther away: kallsyms has no sizes. */
const MAX_FUNCTION_BYTES = 1n << 20n;

/** Kernel functions by absolute address, from the text of /proc/kallsyms. */
export class Kallsyms {
  readonly #text: string;
  /** Sorted addresses, and for each where its name begins in the text. */
  readonly #addresses: BigUint64Array;
  readonly #names: Uint32Array;
  /** All addresses are zero: the kernel hides them (kernel.kptr_restrict). */
  readonly hidden: boolean;

  private constructor(text: string, addresses: BigUint64Array, names: Uint32Array, hidden: boolean) {
    this.#text = text;
    this.#addresses = addresses;
    this.#names = names;
    this.hidden = hidden;
  }

  /**
   * Takes the functions (types t, T, w, W) of lines `ffffffff81000000 T name<TAB>[module]`.
   *
   * Names are not cut out before they are asked for: 250,000 lines take some 40 ms. Other lines are skipped.
   */
  static parse(text: string): Kallsyms {
    const { low, high, names, count, zeros } = readLines(text);
    if (count === 0) return new Kallsyms("", new BigUint64Array(0), new Uint32Array(0), zeros > 0);
    const order = addressOrder(low.subarray(0, count), high.subarray(0, count));
    const addresses = new BigUint64Array(count);
    const halves = new Uint32Array(addresses.buffer);
    const sortedNames = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      halves[2 * i] = low[order[i]];
      halves[2 * i + 1] = high[order[i]];
      sortedNames[i] = names[order[i]];
    }
    return new Kallsyms(text, addresses, sortedNames, false);
  }

  /** Symbols that have an address. */
  get size(): number {
    return this.#addresses.length;
  }

  /** Returns the function that contains an absolute kernel address. */
  find(address: bigint): KernelSymbol | undefined {
    const last = this.#lastStartingAt(address);
    if (last < 0 || address - this.#addresses[last] >= MAX_FUNCTION_BYTES) return undefined;
    let best = last;
    for (let i = last - 1; i >= 0 && this.#addresses[i] === this.#addresses[last]; i--) {
      if (this.#compare(i, best) < 0) best = i;
    }
    return { name: this.#name(best), module: this.#module(best) };
  }

  /** Orders symbols of one address, better first: global, weak, local, then {@link compareNames}. */
  #compare(a: number, b: number): number {
    return this.#binding(b) - this.#binding(a) || compareNames(this.#name(a), this.#name(b));
  }

  #binding(i: number): number {
    return "twWT".indexOf(this.#text[this.#names[i] - 2]);
  }

  #name(i: number): string {
    const line = this.#rest(i);
    const tab = line.indexOf("\t");
    return printable(tab < 0 ? line : line.slice(0, tab));
  }

  #module(i: number): string {
    const line = this.#rest(i);
    const tab = line.indexOf("\t");
    return tab < 0 ? KERNEL_MODULE : printable(line.slice(tab + 1).trim());
  }

  /** The line from the name on. */
  #rest(i: number): string {
    const end = this.#text.indexOf("\n", this.#names[i]);
    return this.#text.slice(this.#names[i], end < 0 ? undefined : end);
  }

  #lastStartingAt(address: bigint): number {
    let from = 0;
    let to = this.#addresses.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#addresses[middle] <= address) from = middle + 1;
      else to = middle;
    }
    return from - 1;
  }
}

/** Character codes. */
const SPACE = 32;
const IS_FUNCTION = new Uint8Array(128);
for (const type of "tTwW") IS_FUNCTION[type.charCodeAt(0)] = 1;

/** Value of each hexadecimal digit by character code; 255 for what is none. */
const DIGITS = new Uint8Array(128).fill(255);
for (const digit of "0123456789abcdefABCDEF") DIGITS[digit.charCodeAt(0)] = Number.parseInt(digit, 16);

/** Lines shorter than this cannot be: 16 digits, type and name with spaces between. */
const MIN_LINE = 20;

function readLines(text: string) {
  const capacity = Math.min(Math.ceil(text.length / MIN_LINE), MAX_KERNEL_SYMBOLS);
  const low = new Uint32Array(capacity);
  const high = new Uint32Array(capacity);
  const names = new Uint32Array(capacity);
  let count = 0;
  let zeros = 0;
  for (let at = 0; at < text.length && count < capacity; ) {
    const hi = digits(text, at);
    const lo = digits(text, at + 8);
    const isFunction = text.charCodeAt(at + 16) === SPACE && text.charCodeAt(at + 18) === SPACE;
    if (hi >= 0 && lo >= 0 && isFunction && IS_FUNCTION[text.charCodeAt(at + 17)]) {
      if (hi === 0 && lo === 0) zeros++;
      else {
        high[count] = hi;
        low[count] = lo;
        names[count++] = at + 19;
      }
    }
    const end = text.indexOf("\n", at);
    if (end < 0) break;
    at = end + 1;
  }
  return { low, high, names, count, zeros };
}

/** Reads 8 hexadecimal digits; -1 if they are not. */
function digits(text: string, from: number): number {
  let value = 0;
  for (let at = from; at < from + 8; at++) {
    const digit = DIGITS[text.charCodeAt(at)];
    if (!(digit < 16)) return -1;
    value = (value << 4) | digit;
  }
  return value >>> 0;
}
