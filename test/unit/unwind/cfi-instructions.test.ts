import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CfiBuilder, fixed, rowsAt, START, sleb, tableOfEhFrame, uleb } from "./cfi-image.js";

/** DWARF numbers of rbp, rsp and the return address. */
const [RBP, RSP, RA] = [6, 7, 16];
const advance = (bytes: number) => 0x40 | bytes;
const block = (...bytes: number[]) => [...uleb(bytes.length), ...bytes];
const breg = (register: number, offset: number) => [0x70 + register, ...sleb(offset)];

/** Instructions of a function, and the rows at 0 and at 4 bytes from its start. */
const CASES: Record<string, { code: number[]; rows: [string, string] }> = {
  nop: { code: [0, advance(4), 0], rows: ["rsp+8 u c-8", "rsp+8 u c-8"] },
  "advance_loc and def_cfa_offset": {
    code: [advance(4), 0x0e, ...uleb(300)],
    rows: ["rsp+8 u c-8", "rsp+300 u c-8"],
  },
  advance_loc1: { code: [0x02, 4, 0x0e, 16], rows: ["rsp+8 u c-8", "rsp+16 u c-8"] },
  advance_loc2: { code: [0x03, ...fixed(4, 2), 0x0e, 16], rows: ["rsp+8 u c-8", "rsp+16 u c-8"] },
  advance_loc4: { code: [0x04, ...fixed(4, 4), 0x0e, 16], rows: ["rsp+8 u c-8", "rsp+16 u c-8"] },
  MIPS_advance_loc8: { code: [0x1d, ...fixed(4, 8), 0x0e, 16], rows: ["rsp+8 u c-8", "rsp+16 u c-8"] },
  offset: { code: [advance(4), 0x80 | RBP, 2], rows: ["rsp+8 u c-8", "rsp+8 c-16 c-8"] },
  offset_extended: { code: [advance(4), 0x05, RBP, 2], rows: ["rsp+8 u c-8", "rsp+8 c-16 c-8"] },
  offset_extended_sf: { code: [advance(4), 0x11, RBP, ...sleb(2)], rows: ["rsp+8 u c-8", "rsp+8 c-16 c-8"] },
  GNU_negative_offset_extended: {
    code: [advance(4), 0x2f, RBP, ...uleb(2)],
    rows: ["rsp+8 u c-8", "rsp+8 c+16 c-8"],
  },
  "offset of another register": { code: [advance(4), 0x83, 2], rows: ["rsp+8 u c-8", "rsp+8 u c-8"] },
  restore: { code: [0x80 | RBP, 2, advance(4), 0xc0 | RBP], rows: ["rsp+8 c-16 c-8", "rsp+8 u c-8"] },
  restore_extended: { code: [0x80 | RBP, 2, advance(4), 0x06, RBP], rows: ["rsp+8 c-16 c-8", "rsp+8 u c-8"] },
  same_value: { code: [0x80 | RBP, 2, advance(4), 0x08, RBP], rows: ["rsp+8 c-16 c-8", "rsp+8 u c-8"] },
  undefined: { code: [advance(4), 0x07, RA], rows: ["rsp+8 u c-8", "end"] },
  register: { code: [advance(4), 0x09, RA, 5], rows: ["rsp+8 u c-8", "rsp+8 u rdi"] },
  "register for rbp": { code: [advance(4), 0x09, RBP, 9], rows: ["rsp+8 u c-8", "rsp+8 r9 c-8"] },
  "remember_state and restore_state": {
    code: [0x0a, 0x0e, 64, 0x80 | RBP, 2, advance(4), 0x0b],
    rows: ["rsp+64 c-16 c-8", "rsp+8 u c-8"],
  },
  def_cfa: { code: [advance(4), 0x0c, RBP, 16], rows: ["rsp+8 u c-8", "rbp+16 u c-8"] },
  "def_cfa of another register": { code: [advance(4), 0x0c, 10, 16], rows: ["rsp+8 u c-8", "r10+16 u c-8"] },
  "def_cfa too large for a row": {
    code: [advance(4), 0x0c, RSP, ...uleb(100_000)],
    rows: ["rsp+8 u c-8", "rsp+100000 u c-8"],
  },
  def_cfa_sf: { code: [advance(4), 0x12, RSP, ...sleb(-4)], rows: ["rsp+8 u c-8", "rsp+32 u c-8"] },
  def_cfa_register: { code: [advance(4), 0x0d, RBP], rows: ["rsp+8 u c-8", "rbp+8 u c-8"] },
  def_cfa_offset_sf: { code: [advance(4), 0x13, ...sleb(-3)], rows: ["rsp+8 u c-8", "rsp+24 u c-8"] },
  GNU_args_size: { code: [advance(4), 0x2e, ...uleb(400)], rows: ["rsp+8 u c-8", "rsp+8 u c-8"] },
  "val_offset of rsp that is the CFA": {
    code: [advance(4), 0x14, RSP, 0],
    rows: ["rsp+8 u c-8", "rsp+8 u c-8"],
  },
  "val_offset of rbp": { code: [advance(4), 0x14, RBP, 1], rows: ["rsp+8 u c-8", "unsupported"] },
  "val_offset_sf of rbp": { code: [advance(4), 0x15, RBP, 1], rows: ["rsp+8 u c-8", "unsupported"] },
  "expression for rbp": {
    code: [advance(4), 0x10, RBP, ...block(...breg(6, -24))],
    rows: ["rsp+8 u c-8", "rsp+8 *(rbp-24) c-8"],
  },
  "expression from the CFA": {
    code: [advance(4), 0x10, RBP, ...block(0x23, 24)],
    rows: ["rsp+8 u c-8", "rsp+8 c+24 c-8"],
  },
  "val_expression for the return address": {
    code: [advance(4), 0x16, RA, ...block(...breg(7, 40), 0x06)],
    rows: ["rsp+8 u c-8", "rsp+8 u *(rsp+40)"],
  },
  "val_expression that is a register": {
    code: [advance(4), 0x16, RA, ...block(...breg(5, 0))],
    rows: ["rsp+8 u c-8", "rsp+8 u rdi"],
  },
  "rsp in a register, as in longjmp": {
    code: [advance(4), 0x0c, 5, 0, 0x09, RSP, 8, 0x09, RA, 1, 0x05, RBP, 3],
    rows: ["rsp+8 u c-8", "r8+0 *(rdi-24) rdx"],
  },
  "rsp in memory, as in setcontext": {
    code: [advance(4), 0x0c, 1, 0, 0x11, RSP, ...sleb(-20), 0x11, RA, ...sleb(-21), 0x11, RBP, ...sleb(-15)],
    rows: ["rsp+8 u c-8", "*(rdx+160)+0 *(rdx+120) *(rdx+168)"],
  },
  "an unknown instruction": { code: [advance(4), 0x3f], rows: ["rsp+8 u c-8", "unsupported"] },
  "restore_state of nothing": { code: [advance(4), 0x0b], rows: ["rsp+8 u c-8", "unsupported"] },
  "a number that is cut off": { code: [advance(4), 0x0e, 0x80], rows: ["rsp+8 u c-8", "unsupported"] },
  "a number of eleven bytes": {
    code: [advance(4), 0x0e, ...Array(10).fill(0x80), 0x01],
    rows: ["rsp+8 u c-8", "unsupported"],
  },
};

/** Expressions for the CFA, and what the row says. */
const EXPRESSIONS: Record<string, { code: number[]; row: string }> = {
  "a register": { code: breg(10, -8), row: "r10-8 u c-8" },
  "a numbered register": { code: [0x92, ...uleb(10), ...sleb(16)], row: "r10+16 u c-8" },
  "what is on the stack": { code: [...breg(7, 152), 0x06, 0x23, 8], row: "*(rsp+152)+8 u c-8" },
  "too far for a row": { code: [...breg(7, 4096), 0x06, 0x23, 8], row: "*(rsp+4096)+8 u c-8" },
  "below the stack": { code: [...breg(7, -8), 0x06, 0x23, 8], row: "*(rsp-8)+8 u c-8" },
  "at the frame pointer": { code: [...breg(6, -40), 0x06], row: "*(rbp-40)+0 u c-8" },
  "an indexed place": {
    code: [...breg(7, 8), ...breg(9, 0), 0x38, 0x1e, 0x22, 0x06, 0x23, 8],
    row: "*(rsp+8+r9*8)+8 u c-8",
  },
  "an indexed place by a shift, index first": {
    code: [...breg(9, 0), 0x33, 0x24, ...breg(7, 8), 0x22, 0x06, 0x23, 8],
    row: "*(rsp+8+r9*8)+8 u c-8",
  },
  "a linkage table": {
    code: [...breg(7, 8), ...breg(16, 0), 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22],
    row: "plt11 u c-8",
  },
  "a linkage table of another size": {
    code: [...breg(7, 8), ...breg(16, 0), 0x4f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22],
    row: "unsupported",
  },
  "constants of all widths": {
    code: [
      ...breg(7, 0),
      ...[0x08, 1, 0x22, 0x09, 0xff, 0x22, 0x0a, 4, 0, 0x22, 0x0b, 0xfe, 0xff, 0x22],
      ...[0x0c, ...fixed(8, 4), 0x22, 0x0d, ...fixed(-4, 4), 0x22, 0x0e, ...fixed(16, 8), 0x22],
      ...[0x0f, ...fixed(-8, 8), 0x22, 0x10, 32, 0x22, 0x11, ...sleb(-2), 0x22, 0x96],
    ],
    row: "rsp+44 u c-8",
  },
  "duplicates and exchanges": {
    code: [...breg(7, 8), 0x12, 0x13, 0x38, 0x16, 0x14, 0x22, 0x16, 0x13],
    row: "rsp+16 u c-8",
  },
  subtraction: { code: [...breg(7, 32), 0x38, 0x1c, 0x38, 0x1f, 0x22], row: "rsp+16 u c-8" },
  "two derefs": { code: [...breg(7, 8), 0x06, 0x06], row: "unsupported" },
  "a sum of three registers": {
    code: [...breg(7, 0), ...breg(8, 0), 0x22, ...breg(9, 0), 0x22],
    row: "unsupported",
  },
  "an unknown operation": { code: [0xe0], row: "unsupported" },
  "too little on the stack": { code: [0x22], row: "unsupported" },
  nothing: { code: [], row: "unsupported" },
};

function rowsOf(instructions: number[]): string[] {
  const builder = new CfiBuilder();
  builder.fde(builder.cie(), instructions);
  return rowsAt(tableOfEhFrame(builder), 0, 4);
}

describe("each instruction", () => {
  for (const [name, { code, rows }] of Object.entries(CASES))
    test(name, () => assert.deepEqual(rowsOf(code), rows));
});

describe("expressions for the CFA", () => {
  for (const [name, { code, row }] of Object.entries(EXPRESSIONS))
    test(name, () => assert.deepEqual(rowsOf([0x0f, ...block(...code)]), [row, row]));
});

test("set_loc goes on at an address", () => {
  const builder = new CfiBuilder();
  const cie = builder.cie({ data: [0x03] });
  const pointers = () => [...fixed(START, 4), ...fixed(0x100, 4)];
  builder.fde(cie, [0x01, ...fixed(START + 4, 4), 0x0e, 16], { pointers });
  assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0, 3, 4), ["rsp+8 u c-8", "rsp+8 u c-8", "rsp+16 u c-8"]);
});

test("set_loc does not go back", () => {
  const builder = new CfiBuilder();
  const pointers = () => [...fixed(START, 4), ...fixed(0x100, 4)];
  builder.fde(builder.cie({ data: [0x03] }), [advance(8), 0x01, ...fixed(START + 4, 4)], { pointers });
  assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0, 8), ["rsp+8 u c-8", "unsupported"]);
});

test("advances count in the CIE's units", () => {
  const builder = new CfiBuilder();
  builder.fde(builder.cie({ codeAlign: 4 }), [advance(2), 0x0e, 16]);
  assert.deepEqual(rowsAt(tableOfEhFrame(builder), 7, 8), ["rsp+8 u c-8", "rsp+16 u c-8"]);
});

test("rules end where the function ends", () => {
  const builder = new CfiBuilder();
  builder.fde(builder.cie(), [0x04, ...fixed(0x200, 4), 0x0e, 16]);
  assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0xff, 0x100, 0x200), ["rsp+8 u c-8", "none", "none"]);
});

test("a signal frame is known by where the kernel saves the registers", () => {
  const saved = (register: number, offset: number) => [0x10, register, ...block(...breg(7, offset))];
  const context = [
    0x0f,
    ...block(...breg(7, 160), 0x06),
    ...saved(RBP, 120),
    ...saved(RSP, 160),
    ...saved(RA, 168),
  ];
  const builder = new CfiBuilder();
  builder.fde(builder.cie({ augmentation: "zRS", instructions: [] }), context);
  const table = tableOfEhFrame(builder);
  assert.deepEqual(rowsAt(table, 0), ["*(rsp+160)+0 *(rsp+120) *(rsp+168)"]);
  assert.equal(table.rules.length, 0, "it is a row of its own kind, not a rule");
});
