import { readFileSync } from "node:fs";
import { ElfFile, PT_GNU_EH_FRAME } from "../../../bpf/symbols/elf-file.js";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import {
  BUCKET_SHIFT,
  CFA_NONE,
  CFA_PLT,
  CFA_RBP,
  CFA_REGISTER,
  CFA_RSP,
  CFA_UNSUPPORTED,
  RBP_SAVED,
} from "../../../bpf/unwind/layout.js";
import { findRow } from "../../../bpf/unwind/row-search.js";
import { buildUnwindTable } from "../../../bpf/unwind/table-builder.js";
import { tableStart, type UnwindTable } from "../../../bpf/unwind/unwind-table.js";
import { describeRow } from "./describe-row.js";

type Verdict = "agreed" | "abstained" | "otherForm" | "wrong" | "wrongRbp";

/** How the rows that code alone tells agree with those of the compiler's unwind data, in bytes of text that have those. */
export interface CodeAgreement {
  bytes: number;
  agreed: number;
  abstained: number;
  /** The CFA is found through different registers, which are not compared. */
  otherForm: number;
  /** The CFA is another one. */
  wrong: number;
  /** The CFA is the same, and the caller's rbp is another one. */
  wrongRbp: number;
  /** Where they differ, and what both say. */
  places: string[];
}

const MAX_PLACES = 100;

function elfOf(bytes: Uint8Array): ElfFile {
  const elf = ElfFile.read(fileFromBytes(bytes));
  if (isReason(elf)) throw new Error(elf);
  return elf;
}

/** The file as if it had been built without unwind data. */
function withoutUnwindData(elf: ElfFile): ElfFile {
  for (const section of elf.sections) if (/_frame(_hdr)?$/.test(section.name)) section.name = "";
  for (const segment of elf.segments) if (segment.type === PT_GNU_EH_FRAME) segment.type = 0;
  return elf;
}

function tableFrom(elf: ElfFile): UnwindTable {
  const table = buildUnwindTable(elf);
  if (isReason(table)) throw new Error(table);
  return table;
}

/** Builds a file's table from its unwind data and from its code, and compares them at each byte. */
export function compareWithCode(path: string): CodeAgreement {
  const bytes = readFileSync(path);
  const expected = tableFrom(elfOf(bytes));
  const found = tableFrom(withoutUnwindData(elfOf(bytes)));
  const result: CodeAgreement = {
    bytes: 0,
    agreed: 0,
    abstained: 0,
    otherForm: 0,
    wrong: 0,
    wrongRbp: 0,
    places: [],
  };
  const start = tableStart(expected);
  let last = "";
  for (let address = start; address < start + expected.index.length * 2 ** BUCKET_SHIFT; address++) {
    const [theirs, ours] = [rowAt(expected, address), rowAt(found, address)];
    if (theirs.cfa === CFA_NONE || theirs.cfa === CFA_UNSUPPORTED) continue;
    result.bytes++;
    const verdict = compare(theirs, ours, address);
    result[verdict]++;
    if (verdict !== "wrong" && verdict !== "wrongRbp") continue;
    const place = `${verdict} ${describeRow(expected, findRow(expected, address))} | ${describeRow(found, findRow(found, address))}`;
    if (place !== last && result.places.length < MAX_PLACES)
      result.places.push(`${address.toString(16)} ${place}`);
    last = place;
  }
  return result;
}

interface Row {
  cfa: number;
  rbp: number;
  reg: number;
  offset: number;
  saved: number;
}

function rowAt(table: UnwindTable, address: number): Row {
  const number = findRow(table, address);
  if (number < 0) return { cfa: CFA_NONE, rbp: 0, reg: 0, offset: 0, saved: 0 };
  const [first, second] = [table.rows[number * 2], table.rows[number * 2 + 1] | 0];
  return {
    cfa: (first >>> 8) & 0xff,
    rbp: (first >>> 16) & 0xff,
    reg: first >>> 24,
    offset: (second << 16) >> 16,
    saved: second >> 16,
  };
}

function compare(theirs: Row, ours: Row, address: number): Verdict {
  if (ours.cfa === CFA_NONE || ours.cfa === CFA_UNSUPPORTED) return "abstained";
  if (theirs.cfa === CFA_PLT) {
    const offset = 8 + (address % 16 >= theirs.reg ? 8 : 0);
    return ours.cfa === CFA_RSP && ours.offset === offset ? "agreed" : "wrong";
  }
  // In OpenSSL's assembly, while rax still is what rsp was: the same place, by another register.
  if (theirs.cfa === CFA_REGISTER || (theirs.cfa === CFA_RBP && ours.cfa === CFA_RSP)) return "otherForm";
  if (theirs.cfa !== ours.cfa) return "wrong";
  if (theirs.offset !== ours.offset) return "wrong";
  if (theirs.cfa !== CFA_RSP && theirs.cfa !== CFA_RBP) return "agreed";
  if (theirs.rbp === ours.rbp && (theirs.rbp !== RBP_SAVED || theirs.saved === ours.saved)) return "agreed";
  // Compilers do not tell that rbp was popped; what is below rsp is still the same.
  const isBelow = theirs.cfa === CFA_RSP && theirs.rbp === RBP_SAVED && -theirs.saved > theirs.offset;
  return isBelow ? "agreed" : "wrongRbp";
}
