import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  CfiBuilder,
  type CieOptions,
  EH_FRAME,
  elfImage,
  fixed,
  LENGTH,
  rowsAt,
  START,
  sleb,
  TEXT,
  TEXT_BYTES,
  tableOfEhFrame,
  tableOfImage,
  USUAL,
  uleb,
} from "./cfi-image.js";

const PLAIN = "rsp+8 u c-8";
/** A row that no default gives. */
const MARK = [0x0e, 48];
const MARKED = "rsp+48 u c-8";

describe("common information entries", () => {
  const cases: Record<string, { options: CieOptions; fdeData?: number[]; row: string }> = {
    "version 1": { options: { version: 1 }, row: MARKED },
    "version 3": { options: { version: 3 }, row: MARKED },
    "version 4": { options: { version: 4 }, row: MARKED },
    "version 5": { options: { version: 5 }, row: "unsupported" },
    "a personality and a table of landing pads": {
      options: { augmentation: "zPLR", data: [0x9b, ...fixed(0x100, 4), 0x1b, 0x1b] },
      fdeData: fixed(0x1234, 4),
      row: MARKED,
    },
    "signed return addresses": { options: { augmentation: "zRB" }, row: MARKED },
    "a letter that is unknown, behind what counts": {
      options: { augmentation: "zRX", data: [0x1b, 9] },
      row: MARKED,
    },
    "another return address": { options: { returnAddress: 30 }, row: "unsupported" },
    "damaged instructions": { options: { instructions: [...USUAL, 0x3f] }, row: "unsupported" },
    "no rule for the CFA": { options: { instructions: [0x90, 1] }, row: "unsupported" },
  };
  for (const [name, { options, fdeData, row }] of Object.entries(cases))
    test(name, () => {
      const builder = new CfiBuilder();
      builder.fde(builder.cie(options), name === "no rule for the CFA" ? [] : MARK, { data: fdeData });
      assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0), [row]);
    });

  test("g++ 2's pointer behind the name", () => {
    const builder = new CfiBuilder();
    const at = builder.bytes.length;
    const content = [
      ...[...fixed(0, 4), 1, ...Buffer.from("eh\0"), ...fixed(0, 8)],
      ...[...uleb(1), ...sleb(-8), 16, ...USUAL],
    ];
    builder.bytes.push(...fixed(content.length, 4), ...content);
    const pointers = () => [...fixed(START, 8), ...fixed(LENGTH, 8)];
    builder.fde(at, MARK, { pointers, hasData: false });
    assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0), [MARKED]);
  });
});

describe("pointer encodings", () => {
  const cases: Record<string, { encoding: number; pointers: (place: number) => number[] }> = {
    "absolute, 8 bytes": { encoding: 0x00, pointers: () => [...fixed(START, 8), ...fixed(LENGTH, 8)] },
    "absolute, ULEB128": { encoding: 0x01, pointers: () => [...uleb(START), ...uleb(LENGTH)] },
    "absolute, 4 bytes": { encoding: 0x03, pointers: () => [...fixed(START, 4), ...fixed(LENGTH, 4)] },
    "absolute, SLEB128": { encoding: 0x09, pointers: () => [...sleb(START), ...sleb(LENGTH)] },
    "relative to its place, 4 bytes": {
      encoding: 0x1b,
      pointers: (place) => [...fixed(START - place, 4), ...fixed(LENGTH, 4)],
    },
    "relative to its place, 8 bytes": {
      encoding: 0x1c,
      pointers: (place) => [...fixed(START - place, 8), ...fixed(LENGTH, 8)],
    },
    "relative to the text, 2 bytes": {
      encoding: 0x22,
      pointers: () => [...fixed(START - TEXT, 2), ...fixed(LENGTH, 2)],
    },
    aligned: {
      encoding: 0x50,
      pointers: (place) => [...Array(-place & 7).fill(0), ...fixed(START, 8), ...fixed(LENGTH, 8)],
    },
    // The address of the function stands in the entry itself, behind the length and the augmentation's own.
    "indirect, relative to its place": {
      encoding: 0x9b,
      pointers: () => [...fixed(8 + 1, 4), ...fixed(LENGTH, 4)],
    },
  };
  for (const [name, { encoding, pointers }] of Object.entries(cases))
    test(name, () => {
      const builder = new CfiBuilder();
      const data = encoding & 0x80 ? fixed(START, 8) : [];
      builder.fde(builder.cie({ data: [encoding] }), MARK, { pointers, data });
      assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0, LENGTH - 1, LENGTH), [MARKED, MARKED, "none"]);
    });

  for (const encoding of [0x0e, 0x40, 0x60, 0xff])
    test(`0x${encoding.toString(16)} is none`, () => {
      const builder = new CfiBuilder();
      builder.fde(builder.cie({ data: [encoding] }), MARK);
      assert.notEqual(rowsAt(tableOfEhFrame(builder), 0)[0], MARKED);
    });
});

describe("functions", () => {
  test("in any order, and entries of 64 bits", () => {
    for (const is64 of [false, true]) {
      const builder = new CfiBuilder(true, EH_FRAME, is64);
      const cie = builder.cie();
      builder.fde(cie, MARK, { start: START + 0x100 });
      builder.fde(cie, []);
      assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0, 0xff, 0x100), [PLAIN, PLAIN, MARKED]);
    }
  });

  test("equal rows are kept once, also across functions and their padding", () => {
    const builder = new CfiBuilder();
    const cie = builder.cie();
    builder.fde(cie, [0x41, ...MARK, 0x41, ...MARK, 0x41, 0x0e, 8], { length: 10 });
    builder.fde(cie, [], { start: START + 16, length: 16 });
    const table = tableOfEhFrame(builder);
    // The hole before, the first function's three rows, the hole behind the second.
    assert.equal(table.rows.length / 2, 5);
    assert.equal(table.functions, 2);
  });

  test("a program's entry without unwind data is a root, to the next function or for 128 bytes", () => {
    const builder = new CfiBuilder();
    const cie = builder.cie();
    builder.fde(cie, MARK);
    builder.fde(cie, MARK, { start: START + 0x700 });
    const tableOf = (address: number, ...code: number[]) =>
      tableOfImage(elfImage({ ehFrame: builder.bytes, entry: { address, code } }));
    const moved = tableOf(START + 0x600, 0x48, 0x89, 0xe7);
    assert.deepEqual(rowsAt(moved, 0x5ff, 0x600, 0x67f, 0x680, 0x700), [
      "none",
      "end",
      "end",
      "none",
      MARKED,
    ]);
    const near = tableOf(START + 0x6c0, 0xf3, 0x0f, 0x1e, 0xfa, 0x31, 0xed);
    assert.deepEqual(rowsAt(near, 0x6bf, 0x6c0, 0x6ff, 0x700), ["none", "end", "end", MARKED]);
    const last = tableOf(START + 0x800, 0x31, 0xed);
    assert.deepEqual(rowsAt(last, 0x7ff, 0x800, 0x87f, 0x880), [MARKED, "end", "end", "none"]);
    const other = tableOf(START + 0x600, 0x48, 0x8d, 0x3d);
    assert.deepEqual(rowsAt(other, 0x600), ["none"], "old linkers' entry of a library");
    const covered = tableOf(START + 0x40, 0x31, 0xed);
    assert.deepEqual(rowsAt(covered, 0x40), [MARKED]);
  });

  test("a hole of 16 bytes is a row without a rule", () => {
    const builder = new CfiBuilder();
    const cie = builder.cie();
    builder.fde(cie, [], { length: 16 });
    builder.fde(cie, [], { start: START + 32, length: 16 });
    assert.deepEqual(rowsAt(tableOfEhFrame(builder), -1, 15, 16, 31, 32, 48), [
      "none",
      PLAIN,
      "none",
      "none",
      PLAIN,
      "none",
    ]);
  });

  test("of two that overlap the later counts, and of no bytes none", () => {
    const builder = new CfiBuilder();
    const cie = builder.cie();
    builder.fde(cie, MARK, { length: 64 });
    builder.fde(cie, [], { start: START + 32, length: 0 });
    builder.fde(cie, [], { start: START + 16, length: 16 });
    assert.deepEqual(rowsAt(tableOfEhFrame(builder), 15, 16, 31, 48), [MARKED, PLAIN, PLAIN, "none"]);
  });

  test("of discarded sections and outside of the text are left out", () => {
    const builder = new CfiBuilder();
    const cie = builder.cie();
    for (const start of [0, TEXT - 16, TEXT + TEXT_BYTES]) builder.fde(cie, MARK, { start, length: 8 });
    builder.fde(cie, MARK, { start: TEXT + TEXT_BYTES - 8, length: 1 << 20 });
    const table = tableOfEhFrame(builder);
    assert.equal(table.functions, 1);
    assert.equal(table.index.length, TEXT_BYTES / 256);
  });

  test("buckets without a row have the last one before them", () => {
    const builder = new CfiBuilder();
    builder.fde(builder.cie(), [0x41, ...MARK], { start: TEXT, length: TEXT_BYTES });
    const table = tableOfEhFrame(builder);
    assert.deepEqual([...table.index], [0x0100_0000, ...Array(TEXT_BYTES / 256 - 1).fill(1)]);
  });

  test("256 rows in a bucket", () => {
    const builder = new CfiBuilder();
    const code = Array.from({ length: 256 }, (_, i) => [0x0e, ...uleb(8 + i), 0x41]).flat();
    builder.fde(builder.cie(), code, { length: 256 });
    const table = tableOfEhFrame(builder);
    assert.deepEqual(
      rowsAt(table, 0, 1, 200, 255),
      [8, 9, 208, 263].map((n) => `rsp+${n} u c-8`),
    );
    assert.equal(table.index[1] >>> 24, 255);
  });

  test("an entry whose CIE is not there, or that reaches out of the section, is left out", () => {
    const builder = new CfiBuilder();
    const cie = builder.cie();
    builder.fde(cie, MARK, { length: 16 });
    builder.fde(cie + 3, MARK, { start: START + 0x40 });
    builder.bytes.push(...fixed(1000, 4), ...fixed(4, 4));
    assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0, 0x40), [MARKED, "none"]);
  });
});

describe("where unwind data is found", () => {
  const ehFrame = () => {
    const builder = new CfiBuilder();
    builder.fde(builder.cie(), MARK, { length: 16 });
    return builder;
  };
  const debugFrame = (is64 = false) => {
    const builder = new CfiBuilder(false, 0, is64);
    const cie = builder.cie();
    builder.fde(cie, [], { length: 16 });
    builder.fde(cie, [0x0e, 80], { start: START + 0x40, length: 16 });
    return builder;
  };

  test("by the program header, up to the entry of no length", () => {
    const builder = ehFrame();
    builder.terminator();
    builder.bytes.push(...ehFrame().bytes.map(() => 0x5a));
    const table = tableOfImage(elfImage({ ehFrame: builder.bytes, hasSections: false }));
    assert.deepEqual(rowsAt(table, 0), [MARKED]);
  });

  test("an entry of no length does not end a section", () => {
    const builder = new CfiBuilder();
    const cie = builder.cie();
    builder.terminator();
    builder.fde(cie, MARK);
    assert.deepEqual(rowsAt(tableOfEhFrame(builder), 0), [MARKED]);
  });

  for (const compression of ["none", "zlib", "old"] as const)
    test(`.debug_frame where .eh_frame has nothing (compression: ${compression})`, () => {
      const image = elfImage({ ehFrame: ehFrame().bytes, debugFrame: debugFrame().bytes, compression });
      assert.deepEqual(rowsAt(tableOfImage(image), 0, 0x40), [MARKED, "rsp+80 u c-8"]);
    });

  test(".debug_frame of 64-bit DWARF, and of a separate file", () => {
    const debug = elfImage({ ehFrame: ehFrame().bytes, ehFrameType: 8, debugFrame: debugFrame(true).bytes });
    assert.deepEqual(rowsAt(tableOfImage(debug), 0, 0x40), [PLAIN, "rsp+80 u c-8"]);
    const stripped = elfImage({ ehFrame: ehFrame().bytes });
    assert.deepEqual(rowsAt(tableOfImage(stripped, debug), 0, 0x40), [MARKED, "rsp+80 u c-8"]);
  });

  test("a file without any has a table without functions", () => {
    const table = tableOfImage(elfImage({}));
    assert.equal(table.functions, 0);
    assert.deepEqual(rowsAt(table, 0), ["none"]);
  });
});
