import assert from "node:assert/strict";
import { test } from "node:test";
import * as layout from "../../../bpf/unwind/layout.js";
import { ALL_REGISTERS, KIND, LEAF, Machine, type Rows, type Rule, rbp, rsp } from "./walk-host.js";
import { complete, ends, machine, ROOT, rule, STACK, TEXT } from "./walk-program.js";

test("each way in which a walk ends early", () => {
  const rows: Rows = [
    [0, rsp(16)],
    [0x100, { cfa: layout.CFA_UNSUPPORTED }],
    [0x200, rbp(16)],
    [0x300, rsp(8)],
  ];
  const leaf = { rip: TEXT + 0x304 };
  const cases: [string, number[], Record<string, number>, number[]][] = [
    ["unsupported-rule", [TEXT + 0x110], leaf, [TEXT + 0x304, TEXT + 0x110]],
    ["no-mapping", [0x1234_5678], leaf, [TEXT + 0x304]],
    ["no-mapping", [0x7fff_ffff_ffff_f000], leaf, [TEXT + 0x304]],
    ["stack-not-growing", [TEXT + 0x210], { ...leaf, rbp: STACK - 16 }, [TEXT + 0x304, TEXT + 0x210]],
    ["read-fault", [TEXT + 0x210], { ...leaf, rbp: 0x7fff_0000_0000 }, [TEXT + 0x304, TEXT + 0x210]],
    ["complete", [0], leaf, [TEXT + 0x304]],
  ];
  for (const [end, stack, registers, frames] of cases) ends(machine(rows, stack), registers, end, frames);
});

test("a popped return address is the root's, but not when a leaf will push it again", () => {
  const rows: Rows = [
    [0, rsp(8)],
    [0x100, rsp(0)],
  ];
  complete(machine(rows, [TEXT + 0x110]), { rip: TEXT, rbp: 1 }, [TEXT, TEXT + 0x110]);
  complete(machine(rows, []), { rip: TEXT + 0x110 }, [TEXT + 0x110]);
  ends(machine(rows, []), { rip: TEXT + 0x110, rbp: STACK + 64 }, "unsupported-rule", [TEXT + 0x110]);
});

test("as many frames as are kept, and one more", () => {
  const deep = (frames: number) =>
    machine([[0, rsp(8)]], [...new Array(frames - 2).fill(TEXT + 0x20), ROOT]).walk({
      rsp: STACK,
      rip: TEXT + 0x20,
    });
  assert.deepEqual([deep(127).end, deep(127).frames.length], ["complete", 127]);
  assert.deepEqual([deep(128).end, deep(128).frames.length], ["depth", 127]);
});

test("what user space may still learn is pending, with the registers to go on from", () => {
  const made = machine([[0, rsp(16, -16)]], [0x77, 0x70_0010]).code(0x70_000f, "00");
  const walk = made.walk({ rsp: STACK, rip: TEXT + 4, rbx: 5 });
  assert.deepEqual([walk.end, walk.frames, walk.flags], ["pending", [TEXT + 4, 0x70_0010], 0]);
  const { rsp: sp, rbp: bp, rip } = walk.registers;
  assert.deepEqual([rip, sp, bp], [0x70_0010, STACK + 16, 0x77]);
  made.mapping(0x70_0000, 0x71_0000, KIND.pending);
  assert.equal(made.walk({ rsp: STACK, rip: TEXT + 4 }).end, "pending");
});

test("a process that is not known is pending at its leaf; what cannot be an address is not", () => {
  const unknown = new Machine();
  ends(unknown, { rip: TEXT }, "pending", [TEXT]);
  const made = machine([[0, rsp(8)]], [0x123]);
  ends(made, { rip: TEXT }, "no-mapping", [TEXT]);
  ends(machine([[0, rsp(8)]], [0x70_0010]), { rip: TEXT }, "no-mapping", [TEXT]);
});

test("a table that had no room ends the walk with that", () => {
  const made = machine([[0, rsp(8)]], [0x70_0010]).mapping(0x70_0000, 0x71_0000, KIND.overBudget);
  ends(made, { rip: TEXT }, "over-budget", [TEXT, 0x70_0010]);
});

test("a chunk of the arena that is missing is like no table", () => {
  const made = new Machine((1 << 17) - 0x20)
    .mapping(TEXT, TEXT + 0x4000, KIND.table, [[0, rsp(8)]])
    .missing(0);
  ends(made.stack(STACK, [ROOT]), { rip: TEXT + 4 }, "no-table", [TEXT + 4]);
});

test("each read that fails was reached, and gives a fault there", () => {
  const registers = Array.from({ length: 17 }, () => 0);
  registers[15] = STACK + 0x2000;
  registers[16] = TEXT + 0x100;
  const rows: Rows = [
    [0, rsp(0x1010, -0x1010)],
    [0x40, { cfa: layout.CFA_SIGNAL }],
    [0x100, { cfa: layout.CFA_DEREF_RSP, reg: 0, offset: 8 }],
    [0x200, rule(0)],
    [0x300, rule(1)],
  ];
  const rules: Rule[] = [
    {
      cfa: layout.RULE_CFA_DEREF,
      cfa_reg: layout.RSP,
      cfa_addend: 8,
      ra_offset: 0x1000,
      rbp: layout.RULE_RBP_AT_CFA,
      rbp_offset: 0x2000,
    },
    {
      cfa_reg: layout.RSP,
      cfa_offset: 1,
      ra_offset: 0x3001,
      rbp: layout.RULE_RBP_AT_CFA,
      rbp_offset: 0x4001,
    },
  ];
  const made = machine(rows, [0x99], rules)
    .stack(STACK + 0x1008, [TEXT + 0x50, 0, 0, 0, 0, 0, ...registers])
    .stack(STACK + 0x2000, [STACK + 0x3000])
    .stack(STACK + 0x3000, [TEXT + 0x210, STACK + 0x4000])
    .stack(STACK + 0x4008, [0])
    .stack(STACK + 0x5008, [TEXT + 0x310])
    .stack(STACK + 0x6008, [7])
    .stack(STACK + 0x700a, [ROOT])
    .stack(STACK + 0x800a, [7]);
  const start = { rip: TEXT + 4, rsp: STACK };
  const whole = made.walk(start);
  assert.deepEqual(
    [whole.end, whole.frames],
    ["complete", [TEXT + 4, TEXT + 0x50, TEXT + 0x100, TEXT + 0x210, TEXT + 0x310, ROOT]],
  );
  const faults = Array.from({ length: whole.reads }, (_, i) => i + 1);
  assert.ok(faults.length >= 9);
  made.walks(start, LEAF | ALL_REGISTERS, faults).forEach((walk, i) => {
    assert.equal(walk.reads, faults[i], "the walk stops at the read that fails");
    assert.equal(walk.end, "read-fault");
    assert.deepEqual(walk.frames, whole.frames.slice(0, walk.frames.length));
  });
});
