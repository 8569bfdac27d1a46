import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CFA_RULE, FRAME_LEAF, RULE, RULE_BYTES, RULE_CFA_GOROUTINE } from "../../../bpf/unwind/layout.js";
import { at, BIAS, R9, R10, RAW, RBP, RSP, run, type Setting, SIGNAL, STACK, table } from "./walk-setting.js";

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
