import { openSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ElfFile } from "../../../bpf/symbols/elf-file.js";
import { fileFromDescriptor } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { findRow } from "../../../bpf/unwind/row-search.js";
import { buildUnwindTable } from "../../../bpf/unwind/table-builder.js";
import type { UnwindTable } from "../../../bpf/unwind/unwind-table.js";
import { describeRow, NOT_BEHIND_CALL, REGISTERS } from "./describe-row.js";
import { type Expressions, eachFunction, type ReferenceFunction, readExpressions } from "./readelf-frames.js";

/** What a comparison of a file's table with readelf found. */
export interface Agreement {
  functions: number;
  /** Rows of readelf, each compared at its first and at its last address. */
  rows: number;
  /** Rows in which readelf's "exp" was compared by the text of the expression. */
  expressions: number;
  /** Rows where the caller's rsp is not the CFA, which readelf shows in a column of its own. */
  movedStacks: number;
  /** Addresses that also belong to a function that begins later, whose rows count. */
  overlapped: number;
  /**
   * Addresses where the table leads to a place that nothing called, and readelf to a caller: in libgcc from where it has
   * written an exception's handler over its own return address, and all of it but the way out, which is compared.
   */
  handlers: number;
  /** Holes between functions of 16 bytes and more: each has no rule, or one that its code shows. */
  holes: number;
  /** Ends of holes that have a rule. */
  byCode: number;
  unsupportedRows: number;
  /** The first differences, in words. */
  differences: string[];
}

const MAX_DIFFERENCES = 20;
/** As in the table builder. */
const ENTRY_BYTES = 128;

/** Opens a file and builds its table; throws if there is none. */
export function tableOf(path: string): UnwindTable {
  return readTable(path).table;
}

/** A file's table, and the address at which the kernel starts the program or its loader. */
function readTable(path: string): { table: UnwindTable; entry: number } {
  const file = fileFromDescriptor(openSync(path, "r"));
  if (isReason(file)) throw new Error(`${path}: ${file}`);
  try {
    const elf = ElfFile.read(file);
    if (isReason(elf)) throw new Error(`${path}: ${elf}`);
    const table = buildUnwindTable(elf);
    if (isReason(table)) throw new Error(`${path}: ${table}`);
    return { table, entry: elf.entry };
  } finally {
    file.close();
  }
}

/** Compares the rules for the CFA, rbp and the return address at every row of readelf, and the holes between functions. */
export async function compareWithReadelf(path: string): Promise<Agreement> {
  const { table, entry } = readTable(path);
  const functions: ReferenceFunction[] = [];
  await eachFunction(path, (found) => {
    if (found.start > 0 && found.end > found.start) functions.push(found);
  });
  functions.sort((a, b) => a.start - b.start);
  const comparison = new Comparison(table, entry, await readExpressions(path));
  for (let i = 0; i < functions.length; i++)
    comparison.compare(functions[i], functions[i - 1]?.end, functions[i + 1]?.start);
  return comparison.found;
}

class Comparison {
  readonly found: Agreement;

  constructor(
    private readonly table: UnwindTable,
    private readonly entry: number,
    private readonly expressions: Expressions,
  ) {
    this.found = {
      functions: 0,
      rows: 0,
      expressions: 0,
      movedStacks: 0,
      overlapped: 0,
      handlers: 0,
      holes: 0,
      byCode: 0,
      unsupportedRows: table.unsupportedRows,
      differences: [],
    };
  }

  compare(of: ReferenceFunction, endBefore: number | undefined, startAfter = Number.POSITIVE_INFINITY): void {
    const { found } = this;
    found.functions++;
    if (endBefore !== undefined && of.start - endBefore >= 16) {
      found.holes++;
      // A program's entry without unwind data is a root, for as much as the code there can be.
      const hasEntry = this.entry >= endBefore && this.entry < of.start;
      const isEntry = (pc: number) => hasEntry && pc >= this.entry && pc < this.entry + ENTRY_BYTES;
      for (const pc of [endBefore, of.start - 1]) this.#expectHole(pc, isEntry(pc) ? "end" : "none");
    }
    for (let i = 0; i < of.rows.length; i++) {
      const { pc, cells } = of.rows[i];
      const end = Math.min(of.rows[i + 1]?.pc ?? of.end, of.end);
      if (end <= pc) continue;
      found.rows++;
      const expected = this.#expected(of, pc, cells);
      for (const at of new Set([pc, end - 1])) {
        if (at < startAfter) this.#expect(at, expected);
        else found.overlapped++;
      }
    }
  }

  /** readelf knows nothing of a function in a hole, whose code the table builder reads (code-agreement.test.ts). */
  #expectHole(pc: number, expected: string): void {
    if (/^(rsp|rbp)\+\d+ (u|c-\d+) c-8$/.test(this.#rowAt(pc))) this.found.byCode++;
    else this.#expect(pc, expected);
  }

  #rowAt(pc: number): string {
    const row = findRow(this.table, pc);
    return row < 0 ? "outside" : describeRow(this.table, row).replace(NOT_BEHIND_CALL, "");
  }

  #expect(pc: number, expected: string): void {
    const is = this.#rowAt(pc);
    if (/^\*\(rbp-\d+\)\+0 \*\*\(rbp-\d+\) \*\(rbp-\d+\)$/.test(is) && expected === "rbp+16 c-16 c-8") {
      this.found.handlers++;
      return;
    }
    if (is === expected || this.found.differences.length >= MAX_DIFFERENCES) return;
    this.found.differences.push(`${pc.toString(16)}: readelf ${expected}, table ${is}`);
  }

  /** A row of readelf as {@link describeRow} would write it. */
  #expected({ start, columns }: ReferenceFunction, pc: number, cells: string[]): string {
    const cell = (name: string) => {
      const text = columns.includes(name) ? cells[columns.indexOf(name)] : "u";
      const inRegister = /^r(\d+)$/.exec(text); // by its DWARF number
      return inRegister ? REGISTERS[Number(inRegister[1])] : text;
    };
    let isExpression = false;
    const formula = (name: string, text: string) => {
      if (text !== "exp") return text;
      isExpression = true;
      const set = this.expressions.get(start)?.filter((one) => one.column === name && one.pc <= pc);
      return set?.at(-1)?.formula ?? "expression not found";
    };
    // readelf writes "u" for what is undefined and for what no rule was given; a rule "s" means the latter, too.
    const rule = (name: string) => formula(name, cell(name) === "s" ? "u" : cell(name));
    let [cfa, rbp, ra] = [rule("CFA"), rule("rbp"), rule("ra")];
    if (isExpression) this.found.expressions++;
    if (ra === "u") return "end";
    const rsp = cell("rsp");
    if (rsp !== "u" && rsp !== "exp") {
      // longjmp and setcontext: the caller's rsp takes the CFA's place, and what is saved is found without the CFA.
      this.found.movedStacks++;
      const [, base, offset] = /^(\w+)([+-]\d+)$/.exec(cfa) ?? [];
      const place = (saved: string) => {
        const at = Number(offset) + Number(saved.slice(1));
        return `*(${base}${at < 0 ? "" : "+"}${at})`;
      };
      if (rbp.startsWith("c")) rbp = place(rbp);
      if (ra.startsWith("c")) ra = place(ra);
      cfa = rsp.startsWith("c") ? `${place(rsp)}+0` : `${rsp}+0`;
    }
    return `${cfa} ${rbp} ${ra}`;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const path of process.argv.slice(2)) {
    const { differences, ...counts } = await compareWithReadelf(path);
    console.log(path, counts);
    for (const difference of differences) console.log("  ", difference);
    if (differences.length > 0) process.exitCode = 1;
  }
}
