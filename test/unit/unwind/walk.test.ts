import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  CFA_RULE,
  FRAME_ALL_REGISTERS,
  FRAME_LEAF,
  RULE,
  RULE_BYTES,
  RULE_CFA_GOROUTINE,
} from "../../../bpf/unwind/layout.js";
import { walk } from "../../../bpf/unwind/walk.js";
import type { WalkMapping } from "../../../bpf/unwind/walk-frame.js";
import { CfiBuilder, START, sleb, TEXT, TEXT_BYTES, tableOfEhFrame, uleb } from "./cfi-image.js";

const STACK = 0x7ffe_0000_0000;
const BIAS = 0x5555_0000_0000;
const JIT = 0x1000_0000;
const RAW = 0x2000_0000;
const [RBP, RSP, R9, R10, RIP] = [6, 7, 9, 10, 16];
const block = (...bytes: number[]) => [...uleb(bytes.length), ...bytes];
const breg = (register: number, offset: number) => [0x70 + register, ...sleb(offset)];

/** Functions of 16 bytes, by name: their instructions. Each is where the one before it ends. */
const FUNCTIONS: Record<string, number[]> = {
  start: [0x07, 16],
  bare: [],
  plain: [0x0e, 16],
  saves: [0x0e, 24, 0x86, 2],
  framed: [0x0c, 6, 16, 0x86, 2],
  byR10: [0x0c, R10, 8],
  saved: [0x0f, ...block(...breg(7, 16), 0x06, 0x23, 8)],
  indexed: [0x0f, ...block(...breg(7, 8), ...breg(R9, 0), 0x38, 0x1e, 0x22, 0x06, 0x23, 8)],
  plt: [0x0f, ...block(...breg(7, 8), ...breg(16, 0), 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22)],
  popped: [0x0e, 0],
  vfork: [0x0e, 0, 0x09, 16, 5],
  backwards: [0x0c, 6, 0],
  unknown: [0x0f, ...block(0xe0)],
};
const names = Object.keys(FUNCTIONS);
/** An address within a function, as a return address or interrupted. */
const at = (name: string, offset = 4) => BIAS + START + names.indexOf(name) * 16 + offset;
const SIGNAL = START + names.length * 16;

const table = (() => {
  const builder = new CfiBuilder();
  const cie = builder.cie();
  names.forEach((name, i) => {
    builder.fde(cie, FUNCTIONS[name], { start: START + i * 16, length: 16 });
  });
  const saved = (register: number, offset: number) => [0x10, register, ...block(...breg(7, offset))];
  const context = [
    0x0f,
    ...block(...breg(7, 160), 0x06),
    ...saved(6, 120),
    ...saved(7, 160),
    ...saved(16, 168),
  ];
  // It begins a byte early, so that a look-up of the byte before the return address finds it.
  const signal = builder.cie({ augmentation: "zRS", instructions: [] });
  builder.fde(signal, context, { start: SIGNAL - 1, length: 17 });
  return tableOfEhFrame(builder);
})();

interface Setting {
  rip: number;
  flags?: number;
  registers?: Record<number, number>;
  /** Words from rsp on. */
  stack: number[];
  maxFrames?: number;
  /** Gives the places of addresses that are not behind a call, too. */
  isMarked?: boolean;
  jit?: Partial<WalkMapping>;
  raw?: Partial<WalkMapping>;
}

function run({
  rip,
  flags = FRAME_LEAF | FRAME_ALL_REGISTERS,
  registers = {},
  stack,
  maxFrames = 127,
  isMarked = false,
  ...kinds
}: Setting) {
  const all = new BigUint64Array(17);
  for (const [number, value] of Object.entries({ [RSP]: STACK, [RIP]: rip, ...registers }))
    all[Number(number)] = BigInt(value);
  const words = new BigUint64Array(stack.map(BigInt));
  const findMapping = (address: number): WalkMapping | undefined => {
    if (address >= BIAS + TEXT && address < BIAS + TEXT + TEXT_BYTES)
      return { kind: "table", bias: BIAS, table };
    if (address >= JIT && address < JIT + 0x1000) return { kind: "anonymous", ...kinds.jit };
    if (address >= RAW && address < RAW + 0x1000) return { kind: "no-table", ...kinds.raw };
    return undefined;
  };
  const start = { registers: all, flags, stackStart: STACK, stack: new Uint8Array(words.buffer) };
  const { notReturn, ...walked } = walk(start, findMapping, maxFrames);
  return { ...walked, ...(isMarked ? { notReturn } : {}) };
}

/** Code from the address on, behind ten bytes that tell nothing. */
const code = (...bytes: number[]) => ({
  readCode: () => Uint8Array.from([...Array(10).fill(0x90), ...bytes]),
});

describe("walks over a copied stack", () => {
  test("by rsp, by rbp and a saved rbp, to the root", () => {
    const stack = [0, at("saves"), 0, STACK + 56, at("framed"), 0, 0, 0x1234, at("start")];
    assert.deepEqual(run({ rip: at("plain"), stack }), {
      addresses: [at("plain"), at("saves"), at("framed"), at("start")],
      end: "complete",
    });
  });

  test("a return address of zero is the root", () => {
    assert.deepEqual(run({ rip: at("plain"), stack: [0, 0] }), { addresses: [at("plain")], end: "complete" });
  });

  test("a popped return address is the root's, but not when a leaf will push it again", () => {
    const above = run({ rip: at("plain"), registers: { [RBP]: 1 }, stack: [0, at("popped")] });
    assert.deepEqual(above, { addresses: [at("plain"), at("popped")], end: "complete" });
    const leaf = (rbp: number) => run({ rip: at("popped"), registers: { [RBP]: rbp }, stack: [0] }).end;
    assert.deepEqual([leaf(0), leaf(STACK + 64)], ["complete", "unsupported-rule"]);
  });

  test("a call at the end of its function is looked for before its return address", () => {
    const behind = at("plain", 16);
    const stack = [0, behind, 0, at("start")];
    assert.deepEqual(run({ rip: at("plain"), stack }).addresses, [at("plain"), behind, at("start")]);
  });

  test("by another register, where it is known", () => {
    const registers = { [R10]: STACK + 8 };
    const stack = [0, at("start")];
    assert.deepEqual(run({ rip: at("byR10"), registers, stack }), {
      addresses: [at("byR10"), at("start")],
      end: "complete",
    });
    assert.deepEqual(run({ rip: at("plain"), registers, stack: [0, at("byR10"), 0, 0] }), {
      addresses: [at("plain"), at("byR10")],
      end: "unsupported-rule",
    });
  });

  test("by another register above a leaf that has put nothing on the stack", () => {
    const registers = { [R10]: STACK + 16 };
    assert.deepEqual(run({ rip: at("bare"), registers, stack: [at("byR10"), 0, at("start")] }), {
      addresses: [at("bare"), at("byR10"), at("start")],
      end: "complete",
    });
  });

  test("by what the stack says of itself, also indexed by a register", () => {
    const stack = [1, 2, STACK + 32, 3, at("start")];
    assert.deepEqual(run({ rip: at("saved"), stack }).addresses, [at("saved"), at("start")]);
    const indexed = run({ rip: at("indexed"), registers: { [R9]: 1 }, stack });
    assert.deepEqual(indexed, { addresses: [at("indexed"), at("start")], end: "complete" });
  });

  test("a linkage table's stub before and behind its push", () => {
    assert.deepEqual(run({ rip: at("plt", 6), stack: [at("start")] }).addresses, [at("plt", 6), at("start")]);
    assert.deepEqual(run({ rip: at("plt", 11), stack: [0, at("start")] }).addresses, [
      at("plt", 11),
      at("start"),
    ]);
  });

  test("vfork holds its return address in a register, and the stack stands still", () => {
    const registers = { 5: at("plain") };
    const stack = [0, at("start")];
    assert.deepEqual(run({ rip: at("vfork"), registers, stack }), {
      addresses: [at("vfork"), at("plain"), at("start")],
      end: "complete",
    });
  });

  test("into an exception's handler, by what the unwinder's frame has of it", () => {
    const rules = new DataView(new ArrayBuffer(RULE_BYTES));
    // CFA *(rbp - 24), the handler in the word behind it, rbp by a pointer; and no call led there.
    const bytes = { cfa: 1, cfa_reg: RBP, ra: 1, ra_reg: RBP, rbp: 5, rbp_reg: RBP, flags: FRAME_LEAF };
    for (const [name, value] of Object.entries(bytes))
      rules.setUint8(RULE[name as keyof typeof bytes], value);
    rules.setInt32(RULE.cfa_offset, -24, true);
    rules.setInt32(RULE.ra_offset, -16, true);
    rules.setInt32(RULE.rbp_offset, -8, true);
    const row = { rows: Uint32Array.of(CFA_RULE << 8, 0), index: Uint32Array.of(0), firstBucket: RAW >> 8 };
    const unwinder = { ...table, ...row, rules: new Uint8Array(rules.buffer) };
    const framed = at("framed", 8);
    const stack = [STACK + 8 * 6, framed, STACK + 8 * 5, 0x66, 0x77, STACK + 8 * 7, 0x88, 0, at("start")];
    const setting = {
      rip: RAW,
      registers: { [RBP]: STACK + 24 },
      raw: { kind: "table", table: unwinder } as const,
    };
    assert.deepEqual(run({ ...setting, stack }), { addresses: [RAW, framed, at("start")], end: "complete" });
    assert.deepEqual(run({ ...setting, stack, isMarked: true }).notReturn, [0, 1]);
    assert.equal(run({ ...setting, stack: stack.slice(0, 5) }).end, "read-fault");
  });

  test("from C's stack to the goroutine's, where the copy has both", () => {
    const rules = new DataView(new ArrayBuffer(RULE_BYTES));
    // What Go's runtime has in its frame: at rsp + 8 a struct g, at rsp how far from its stack's end it was.
    const bytes = { cfa: RULE_CFA_GOROUTINE, cfa_reg: RSP, index_reg: 0, rbp: 1 };
    for (const [name, value] of Object.entries(bytes))
      rules.setUint8(RULE[name as keyof typeof bytes], value);
    rules.setInt32(RULE.cfa_offset, 8, true);
    rules.setInt32(RULE.cfa_addend, 16, true);
    rules.setInt32(RULE.ra_offset, -8, true);
    rules.setInt32(RULE.rbp_offset, -16, true);
    const row = { rows: Uint32Array.of(CFA_RULE << 8, 0), index: Uint32Array.of(0), firstBucket: RAW >> 8 };
    const switches = { ...table, ...row, rules: new Uint8Array(rules.buffer) };
    const setting = { rip: RAW + 8, flags: 0, raw: { kind: "table", table: switches } as const };
    // The struct g is at rsp + 16; 32 bytes before its stack's end are the saved rbp and the return address.
    const stack = [
      32,
      STACK + 16,
      STACK,
      STACK + 64,
      STACK + 80,
      at("framed", 8),
      0,
      0,
      0,
      0,
      0,
      at("start"),
    ];
    assert.deepEqual(run({ ...setting, stack }), {
      addresses: [RAW + 8, at("framed", 8), at("start")],
      end: "complete",
    });
    assert.equal(run({ ...setting, stack: [32, 0xc000_0000_1000] }).end, "read-fault");
  });

  test("through a signal frame, behind which all registers are known and the address is no return address", () => {
    const stack = Array(33).fill(0);
    stack[0] = BIAS + SIGNAL;
    const putRegister = (place: number, value: number) => {
      stack[1 + 5 + place] = value; // gregs begin 40 bytes into the frame
    };
    putRegister(2, STACK + 8 * 32); // r10
    putRegister(15, STACK + 8 * 30); // rsp
    putRegister(16, at("byR10", 0)); // rip, at the first byte of its function
    stack[32] = at("start");
    assert.deepEqual(run({ rip: at("plt"), stack }), {
      addresses: [at("plt"), BIAS + SIGNAL, at("byR10", 0), at("start")],
      end: "complete",
    });
    assert.equal(run({ rip: at("plt"), stack: stack.slice(0, 20) }).end, "read-fault");
  });
});

describe("frame pointers", () => {
  const chain = [0, STACK + 32, at("plain"), 0, STACK + 48, JIT + 9, 0, at("start")];

  test("in code made at run time", () => {
    const stack = [0, STACK + 32, JIT + 9, 0, 0, at("plain"), 0, at("start")];
    assert.deepEqual(run({ rip: JIT, registers: { [RBP]: STACK + 8 }, stack }), {
      addresses: [JIT, JIT + 9, at("plain"), at("start")],
      end: "complete",
    });
  });

  test("in a hole of a table", () => {
    const hole = BIAS + TEXT + 8;
    const { addresses } = run({ rip: hole, registers: { [RBP]: STACK + 8 }, stack: chain });
    assert.deepEqual(addresses.slice(0, 2), [hole, at("plain")]);
  });

  test("a chain that ends in zero is whole, except in code made at run time", () => {
    const registers = { [RBP]: STACK };
    assert.equal(run({ rip: RAW, registers, stack: [0, RAW + 8] }).end, "complete");
    assert.equal(run({ rip: JIT, registers, stack: [0, JIT + 8] }).end, "bad-frame-pointer");
  });

  test("that lead nowhere", () => {
    for (const value of [0, STACK + 4, STACK - 8, STACK + 4096, 1]) {
      assert.equal(run({ rip: JIT, registers: { [RBP]: value }, stack: chain }).end, "bad-frame-pointer");
      assert.equal(run({ rip: RAW, registers: { [RBP]: value }, stack: chain }).end, "no-table");
    }
  });

  test("that lead from a thread's stack to a goroutine's, of which there is no copy", () => {
    const raw = { kind: "table-at-leaf" } as const;
    const end = (rbp: number) => run({ rip: RAW, registers: { [RBP]: rbp }, stack: chain, raw }).end;
    assert.equal(end(0xc000_0012_3450), "read-fault");
    assert.equal(end(STACK - 64), "bad-frame-pointer");
  });

  test("that are not set up yet, by what the code does next", () => {
    const setting = {
      rip: JIT,
      registers: { [RBP]: STACK + 64 },
      stack: [at("start"), at("start"), at("start")],
    };
    const framesOf = (...bytes: number[]) => run({ ...setting, jit: code(...bytes) });
    const isWhole = { addresses: [JIT, at("start")], end: "complete" };
    assert.deepEqual(framesOf(0xc3), isWhole);
    assert.deepEqual(framesOf(0xf3, 0x0f, 0x1e, 0xfa), isWhole);
    assert.deepEqual(framesOf(0x48, 0x89, 0xe5), isWhole);
    assert.deepEqual(
      framesOf(0x48, 0x8b, 0x59, 0xf0, 0xf6, 0x43, 0x1b, 1, 0x0f, 0x85, 0, 0, 0, 0, 0x55, 0x48, 0x89, 0xe5),
      isWhole,
    );
    assert.equal(framesOf(0x90).end, "bad-frame-pointer");
    const inR10 = run({ ...setting, registers: { [R10]: at("start") }, jit: code(0x41, 0x52, 0xc3) });
    assert.deepEqual(inR10, isWhole);
    const inRcx = run({ ...setting, registers: { 2: at("start") }, jit: code(0x48, 0x03, 0xe3, 0x51, 0xc3) });
    assert.deepEqual(inRcx, isWhole);
    assert.deepEqual(framesOf(0x59, 0x48, 0x03, 0xe3), isWhole);
    // V8 of Node 24
    assert.deepEqual(framesOf(0x49, 0x83, 0xf8, 3, 0x0f, 0x8f, 3, 0, 0, 0, 0xc2, 0x18, 0), isWhole);
    assert.deepEqual(framesOf(0x41, 0x59, 0x4a, 0x8d, 0x24, 0xc4), isWhole);
    assert.deepEqual(framesOf(0x49, 0x8b, 0x85, 0x20, 2, 0, 0, 0xc3), isWhole);
    assert.deepEqual(framesOf(0xbb, 0x28, 0, 0, 0, 0x49, 0xbc, 1, 2, 3, 4, 5, 6, 7, 8, 0xe8), isWhole);
    const inR9 = run({
      ...setting,
      registers: { [R9]: at("start") },
      jit: code(0x4a, 0x8d, 0x24, 0xc4, 0x41, 0x51, 0xc3),
    });
    assert.deepEqual(inR9, isWhole);
  });

  test("that are not set up yet, where nothing can be read before the code", () => {
    const readCode = (address: number) => Uint8Array.from(address < JIT ? [] : [0xc3]);
    const setting = { rip: JIT, registers: { [RBP]: STACK + 64 }, stack: [at("start")] };
    const whole = { addresses: [JIT, at("start")], end: "complete" };
    assert.deepEqual(run({ ...setting, jit: { readCode } }), whole);
  });

  test("V8's builtins have none, when the call before the address at rsp was to them", () => {
    const caller = JIT + 0x800;
    const distance = new Uint8Array(Int32Array.of(JIT + 0x100 - caller).buffer);
    const calls = [...Array(11).fill(0x90), 0xe8, ...distance, 0x90, 0x90, 0x90];
    // The caller itself goes on by its frame pointer.
    const setting = {
      rip: JIT + 0x120,
      registers: { [RBP]: STACK + 16 },
      stack: [caller, 0, STACK + 64, at("start")],
    };
    const readCode = (address: number, length: number) =>
      address === caller - 16 ? Uint8Array.from(calls) : new Uint8Array(length).fill(0x90);
    const isWhole = { addresses: [JIT + 0x120, caller, at("start")], end: "complete" };
    assert.deepEqual(run({ ...setting, jit: { readCode } }), isWhole);
    const elsewhere = { ...setting, rip: JIT + 0x90, jit: { readCode } };
    assert.deepEqual(run(elsewhere).addresses, [JIT + 0x90, at("start")], "not called from there");
    // mov $imm64, %r12 before the call: the caller has no frame yet.
    calls.splice(1, 2, 0x49, 0xbc);
    const noFrame = { ...setting, stack: [caller, at("start"), 0, 0], jit: { readCode } };
    assert.deepEqual(run(noFrame), isWhole);
  });

  test("a bytecode handler has none, when the frame is the interpreter's", () => {
    const caller = JIT + 0x800;
    const calls = [...Array(14).fill(0x90), 0xff, 0xd1, 0x4c, 0x8b, 0x65];
    const readCode = (address: number, length: number) =>
      address === caller - 16 ? Uint8Array.from(calls) : new Uint8Array(length).fill(0x90);
    const framesOf = (context: number) =>
      run({
        rip: JIT,
        registers: { [RBP]: STACK + 16 },
        stack: [caller, context, STACK + 64, at("start")],
        jit: { readCode },
      }).addresses;
    assert.deepEqual(framesOf(0x1235), [JIT, caller, at("start")]);
    assert.deepEqual(framesOf(12), [JIT, at("start")]);
  });

  test("Go's unwind data do not tell of the caller's, which lies in the leaf's frame", () => {
    const go = { kind: "table-at-leaf", bias: RAW - START, table } as const;
    const rip = RAW + names.indexOf("plain") * 16 + 4;
    const stack = [STACK + 24, RAW + 9, 0, 0, RAW + 17];
    assert.deepEqual(run({ rip, registers: { [RBP]: STACK }, stack, raw: go }), {
      addresses: [rip, RAW + 9, RAW + 17],
      end: "complete",
    });
  });

  test("CPython's trampoline has none", () => {
    const trampoline = { kind: "python", ...code(0x48, 0x83, 0xc4, 0x08, 0xc3) } as const;
    const stack = [0, JIT + 5, 7, at("start")];
    assert.deepEqual(run({ rip: at("plain"), stack, jit: trampoline }), {
      addresses: [at("plain"), JIT + 5, at("start")],
      end: "complete",
    });
  });
});

describe("walks that do not reach the root", () => {
  const cases: Record<string, { setting: Setting; addresses: number[]; end: string }> = {
    "at the limit": {
      setting: { rip: at("plain"), stack: Array(20).fill(at("plain")), maxFrames: 3 },
      addresses: [at("plain"), at("plain"), at("plain")],
      end: "depth",
    },
    "at a return address in no mapping": {
      setting: { rip: at("plain"), stack: [0, 0x1234] },
      addresses: [at("plain")],
      end: "no-mapping",
    },
    "at a leaf in no mapping": {
      setting: { rip: 0x1234, stack: [] },
      addresses: [0x1234],
      end: "no-mapping",
    },
    "at a return address that is no user address": {
      setting: { rip: at("plain"), stack: [0, 2 ** 52] },
      addresses: [at("plain")],
      end: "no-mapping",
    },
    "behind the copy": {
      setting: { rip: at("plain"), stack: [0] },
      addresses: [at("plain")],
      end: "read-fault",
    },
    "with a stack that shrinks": {
      setting: { rip: at("backwards"), registers: { [RBP]: STACK - 16 }, stack: [0] },
      addresses: [at("backwards")],
      end: "stack-not-growing",
    },
    "with a rule that no table holds": {
      setting: { rip: at("unknown"), stack: [0] },
      addresses: [at("unknown")],
      end: "unsupported-rule",
    },
    "in a file whose table is not there": {
      setting: { rip: RAW, stack: [0], raw: { kind: "pending" } },
      addresses: [RAW],
      end: "pending",
    },
    "in a file whose table had no room": {
      setting: { rip: RAW, stack: [0], raw: { kind: "over-budget" } },
      addresses: [RAW],
      end: "over-budget",
    },
  };
  for (const [name, { setting, addresses, end }] of Object.entries(cases))
    test(name, () => assert.deepEqual(run(setting), { addresses, end }));
});
