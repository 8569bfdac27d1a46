import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { UNWIND_ENDS } from "../../../bpf/sampler/layout.js";
import * as layout from "../../../bpf/unwind/layout.js";
import { tableStart, type UnwindTable } from "../../../bpf/unwind/unwind-table.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "walk-"));
after(() => rmSync(directory, { recursive: true, force: true }));
const program = compile();

/** Compiles the walk for this machine, with the sanitizers that stop at a wrong access. */
function compile(): string {
  const output = join(directory, "walk");
  const sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
  const source = join(root, "test/unit/programs/walk-host.c");
  const options = ["-g", "-O1", "-Wall", "-Werror", ...sanitizers, `-I${join(root, "bpf/programs")}`];
  execFileSync("gcc", [...options, source, "-o", output]);
  return output;
}

/** One row of a table: the CFA first, then where rbp is saved. */
export interface Row {
  cfa: number;
  offset?: number;
  reg?: number;
  /** Bytes from the CFA to the saved rbp. */
  savedRbp?: number;
}

export const rsp = (offset: number, savedRbp?: number): Row => ({ cfa: layout.CFA_RSP, offset, savedRbp });
export const rbp = (offset: number, savedRbp?: number): Row => ({ cfa: layout.CFA_RBP, offset, savedRbp });

/** Rows by their distance from the mapping's start, ascending. */
export type Rows = readonly (readonly [at: number, row: Row])[];

/** A rule of the side table; what is left out is 0: CFA in a register, return address at the CFA, rbp as it is. */
export type Rule = Partial<Record<keyof typeof layout.RULE, number>>;

export const KIND = { table: 1, noTable: 2, anonymous: 3, python: 4, pending: 5, overBudget: 6, atLeaf: 7 };
export const LEAF = 1;
export const ALL_REGISTERS = 2;

/** DWARF's numbers of the registers by name. */
export const REGISTERS = "rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip".split(" ");

export interface Walk {
  end: string;
  /** Of user memory. */
  reads: number;
  /** Leaf first. */
  frames: number[];
  /** Places of those that are not behind a call. */
  notReturn: number[];
  registers: Record<string, number>;
  flags: number;
}

interface PlacedMapping {
  start: number;
  end: number;
  bias: number;
  kind: number;
  /** Positions in the arena: of the index in units of 4 bytes, of the rules in words. */
  index: number;
  buckets: number;
  rules: number;
}

/** A process whose memory and tables a test describes, for the walk to go through. */
export class Machine {
  readonly #script: string[] = [];
  readonly #mappings: PlacedMapping[] = [];
  #position: number;

  /** @param position where the arena is filled from, in words */
  constructor(position = 16) {
    this.#position = position;
  }

  /** Words of 8 bytes at an address. */
  stack(address: number, words: readonly (number | bigint)[]): this {
    return this.code(address, new Uint8Array(BigUint64Array.from(words, BigInt).buffer));
  }

  /** Bytes, or their hexadecimal digits, at an address. */
  code(address: number, bytes: Uint8Array | string): this {
    const digits = typeof bytes === "string" ? bytes.replaceAll(" ", "") : Buffer.from(bytes).toString("hex");
    this.#script.push(`memory ${address.toString(16)} ${digits}`);
    return this;
  }

  /** An executable mapping; a table's has rows. */
  mapping(start: number, end: number, kind: number, rows: Rows = [], rules: Rule[] = []): this {
    const buckets = kind === KIND.table || kind === KIND.atLeaf ? Math.ceil((end - start) / 256) : 0;
    const first = this.#take(1);
    this.#word(first, 0n);
    let inForce = first;
    const entries: number[] = [];
    for (let bucket = 0; bucket < buckets; bucket++) {
      const within = rows.filter(([at]) => at >> 8 === bucket);
      const before = inForce;
      for (const [at, row] of within) {
        inForce = this.#take(1);
        this.#word(inForce, packRow(at, row));
      }
      entries.push(((within.length << 24) | before) >>> 0);
    }
    const index = this.#take(Math.ceil(buckets / 2));
    for (let i = 0; i < buckets; i += 2)
      this.#word(index + i / 2, BigInt(entries[i]) | (BigInt(entries[i + 1] ?? 0) << 32n));
    this.#position = Math.ceil(this.#position / 4) * 4;
    const at = this.#take(4 * rules.length);
    rules.forEach((rule, i) => {
      for (const [j, word] of packRule(rule).entries()) this.#word(at + 4 * i + j, word);
    });
    this.#mappings.push({ start, end, bias: start, kind, index: index * 2, buckets, rules: at });
    return this;
  }

  /** A mapping of a file: its addresses less `bias` are those in the file. The arena's first chunk has to hold it. */
  table(start: number, end: number, bias: number, table: UnwindTable): this {
    const first = this.#words(words(table.rows));
    const entries = Uint32Array.from(table.index, (entry) => entry + first);
    const index = this.#words(words(entries));
    this.#position = Math.ceil(this.#position / 4) * 4;
    const rules = this.#words(words(table.rules));
    const placed = { index: index * 2, buckets: entries.length, rules };
    this.#mappings.push({ start, end, bias: bias + tableStart(table), kind: KIND.table, ...placed });
    return this;
  }

  /** A chunk of the arena that does not exist. */
  missing(chunk: number): this {
    this.#script.push(`missing ${chunk.toString(16)}`);
    return this;
  }

  /** Walks once. */
  walk(registers: Record<string, number>, flags = LEAF | ALL_REGISTERS): Walk {
    return this.walks(registers, flags, [0])[0];
  }

  /** Walks once for each number of a read that is to fail, counted from 1; 0 for none. */
  walks(registers: Record<string, number>, flags: number, faults: readonly number[]): Walk[] {
    const values = REGISTERS.map((name) => BigInt(registers[name] ?? 0));
    return this.walksFrom(faults.map((fault) => ({ registers: values, flags, fault })));
  }

  /** Walks once from each set of registers, in the order of their names; `fault` is the number of the read that fails. */
  walksFrom(starts: readonly { registers: readonly bigint[]; flags: number; fault?: number }[]): Walk[] {
    const list = this.#take(5 * this.#mappings.length);
    const ordered = [...this.#mappings].sort((a, b) => a.start - b.start);
    ordered.forEach(({ start, end, bias, kind, index, buckets, rules }, i) => {
      const pair = (low: number, high: number): bigint => BigInt(low) | (BigInt(high) << 32n);
      const words = [BigInt(start), BigInt(end), BigInt(bias), pair(index, buckets), pair(rules, kind)];
      for (const [j, word] of words.entries()) this.#word(list + 5 * i + j, word);
    });
    const lines = starts.map(({ registers, flags, fault = 0 }) => {
      const values = registers.map((value) => value.toString(16)).join(" ");
      return `fault ${fault.toString(16)}\nwalk ${flags} ${values}`;
    });
    const process = `process ${list.toString(16)} ${ordered.length.toString(16)}`;
    const input = `${[...this.#script, process, ...lines].join("\n")}\n`;
    return execFileSync(program, { input, encoding: "utf8" }).trim().split("\n").map(parse);
  }

  #words(words: BigUint64Array): number {
    const first = this.#take(words.length);
    for (const [i, word] of words.entries()) this.#word(first + i, word);
    return first;
  }

  #take(words: number): number {
    this.#position += words;
    return this.#position - words;
  }

  #word(position: number, word: bigint): void {
    this.#script.push(`arena ${position.toString(16)} ${word.toString(16)}`);
  }
}

function words(array: Uint8Array | Uint32Array | Int32Array): BigUint64Array {
  const copy = new Uint8Array(Math.ceil(array.byteLength / 8) * 8);
  copy.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return new BigUint64Array(copy.buffer);
}

function parse(line: string): Walk {
  const [walked, left] = line.split(" |").map((part) => part.trim().split(" "));
  const [end, reads] = walked.map((word) => Number.parseInt(word, 16));
  const words = walked.slice(2).map((word) => BigInt(`0x${word}`));
  const registers = left.map((word) => Number.parseInt(word, 16));
  return {
    end: UNWIND_ENDS[end],
    reads,
    frames: words.map((word) => Number(BigInt.asUintN(63, word))),
    notReturn: words.flatMap((word, i) => (word >> 63n ? [i] : [])),
    registers: Object.fromEntries(REGISTERS.map((name, i) => [name, registers[i]])),
    flags: registers[REGISTERS.length],
  };
}

function packRow(at: number, { cfa, offset = 0, reg = 0, savedRbp }: Row): bigint {
  const view = new DataView(new ArrayBuffer(layout.ROW_BYTES));
  view.setUint8(layout.ROW.pc_low, at & 0xff);
  view.setUint8(layout.ROW.cfa, cfa);
  view.setUint8(layout.ROW.rbp, savedRbp === undefined ? layout.RBP_SAME : layout.RBP_SAVED);
  view.setUint8(layout.ROW.reg, reg);
  view.setInt16(layout.ROW.cfa_offset, offset, true);
  view.setInt16(layout.ROW.rbp_offset, savedRbp ?? 0, true);
  return view.getBigUint64(0, true);
}

function packRule(rule: Rule): bigint[] {
  const view = new DataView(new ArrayBuffer(layout.RULE_BYTES));
  for (const [name, value] of Object.entries(rule)) {
    const at = layout.RULE[name as keyof typeof layout.RULE];
    if (at < 8) view.setUint8(at, value);
    else view.setInt32(at, value, true);
  }
  return [0, 8, 16, 24].map((at) => view.getBigUint64(at, true));
}
