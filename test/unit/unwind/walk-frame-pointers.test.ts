import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { START, TEXT } from "./cfi-image.js";
import { at, BIAS, JIT, names, R9, R10, RAW, RBP, run, STACK, table } from "./walk-setting.js";

/** Code from the address on, behind ten bytes that tell nothing. */
const code = (...bytes: number[]) => ({
  readCode: () => Uint8Array.from([...Array(10).fill(0x90), ...bytes]),
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
