import assert from "node:assert/strict";
import { test } from "node:test";
import * as layout from "../../../bpf/unwind/layout.js";
import { ALL_REGISTERS, LEAF, type Rows, type Rule, rbp, rsp } from "./walk-host.js";
import { complete, ends, machine, ROOT, rule, STACK, TEXT } from "./walk-program.js";

const AT_CFA = { ra: layout.RULE_RA_AT_CFA, ra_offset: -8 };
const RULES: Record<string, [rule: Rule, stack: number[], registers: Record<string, number>]> = {
  "a register": [{ cfa_reg: 11, cfa_offset: 0x18, ...AT_CFA }, [0, 0, ROOT], { r11: STACK }],
  "what a register points to": [
    { cfa: layout.RULE_CFA_DEREF, cfa_reg: layout.RSP, cfa_offset: 0x2000, cfa_addend: 64, ...AT_CFA },
    [0, 0, ROOT],
    {},
  ],
  "what two registers point to": [
    {
      cfa: layout.RULE_CFA_DEREF_INDEXED,
      cfa_reg: layout.RSP,
      index_reg: 9,
      cfa_offset: 8,
      cfa_addend: 8,
      ...AT_CFA,
    },
    [0, 0, STACK + 0x20, 0, ROOT],
    { r9: 1 },
  ],
  "a goroutine's stack, wherever that is": [
    {
      cfa: layout.RULE_CFA_GOROUTINE,
      cfa_reg: layout.RSP,
      cfa_offset: 8,
      index_reg: 16,
      cfa_addend: 16,
      ...AT_CFA,
    },
    [0, STACK + 0x3000, 0x28],
    {},
  ],
  "the return address elsewhere from the CFA": [
    { cfa_reg: layout.RSP, cfa_offset: 16, ra_offset: -16 },
    [ROOT],
    {},
  ],
  "the return address where a register points": [
    { cfa_reg: layout.RSP, cfa_offset: 8, ra: layout.RULE_RA_AT_REGISTER, ra_reg: 3, ra_offset: 8 },
    [0, ROOT],
    { rbx: STACK },
  ],
  "the return address in a register (vfork)": [
    { cfa_reg: layout.RSP, cfa_offset: 0, ra: layout.RULE_RA_IN_REGISTER, ra_reg: 5 },
    [],
    { rdi: ROOT },
  ],
};
for (const [name, [given, stack, registers]] of Object.entries(RULES)) {
  test(`a rule: ${name}`, () => {
    const made = machine([[0, rule(1)]], stack, [{}, given])
      .stack(STACK + 0x2000, [STACK - 0x28])
      .stack(STACK + 0x3000, [STACK - 0x9000, STACK - 0x4000]) // a struct g: its stack's two ends
      .stack(STACK - 0x4028, [0, ROOT]);
    const start = { rip: TEXT + 4, rsp: STACK, ...registers };
    complete(made, start, [TEXT + 4, ROOT]);
    const faults = Array.from({ length: made.walk(start).reads }, (_, i) => i + 1);
    if (faults.length === 0) return;
    for (const walk of made.walks(start, LEAF | ALL_REGISTERS, faults))
      assert.deepEqual([walk.end, walk.frames], ["read-fault", [TEXT + 4]]);
  });
}

const RBP_RULES: Record<string, [rule: Rule, registers: Record<string, number>]> = {
  "as it is": [{}, { rbp: STACK + 0x18 }],
  "from the CFA": [{ rbp: layout.RULE_RBP_AT_CFA, rbp_offset: 0 }, {}],
  "where a register points": [
    { rbp: layout.RULE_RBP_AT_REGISTER, rbp_reg: 13, rbp_offset: -8 },
    { r13: STACK + 16 },
  ],
  "in a register": [{ rbp: layout.RULE_RBP_IN_REGISTER, rbp_reg: 13 }, { r13: STACK + 0x18 }],
  "behind a pointer": [{ rbp: layout.RULE_RBP_BY_POINTER, rbp_reg: 13, rbp_offset: -8 }, { r13: STACK + 24 }],
  "unknown, like one that is not touched": [{ rbp: layout.RULE_RBP_UNDEFINED }, { rbp: STACK + 0x18 }],
};
for (const [name, [given, registers]] of Object.entries(RBP_RULES)) {
  test(`a rule: rbp ${name}`, () => {
    const rules = [{ cfa_reg: layout.RSP, cfa_offset: 8, ra_offset: -8, ...given }];
    const stack = [TEXT + 0x110, STACK + 0x18, STACK + 8, 0, ROOT];
    complete(
      machine(
        [
          [0, rule(0)],
          [0x100, rbp(16)],
        ],
        stack,
        rules,
      ),
      { rip: TEXT + 4, ...registers },
      [TEXT + 4, TEXT + 0x110, ROOT],
    );
  });
}

test("a rule leads to where no call was: it is looked up where it is, and marked as the leaf", () => {
  const rows: Rows = [
    [0, rule(0)],
    [0x100, rsp(8192)],
    [0x110, rsp(16)],
  ];
  const found = (flags: number) =>
    machine(
      rows,
      [TEXT + 0x110, 0, ROOT],
      [{ cfa_reg: layout.RSP, cfa_offset: 8, ra_offset: -8, flags }],
    ).walk({
      rip: TEXT + 4,
      rsp: STACK,
    });
  const { end, frames, notReturn } = found(LEAF);
  assert.deepEqual([end, frames, notReturn], ["complete", [TEXT + 4, TEXT + 0x110, ROOT], [0, 1]]);
  assert.deepEqual([found(0).end, found(0).notReturn], ["read-fault", [0]]);
  // No other flag: all registers are not known there.
  const later = [...rows, [0x120, { cfa: layout.CFA_REGISTER, reg: 3, offset: 8 }]] as Rows;
  const unknown = machine(
    later,
    [TEXT + 0x120],
    [{ cfa_reg: layout.RSP, cfa_offset: 8, ra_offset: -8, flags: 255 }],
  );
  ends(unknown, { rip: TEXT + 4, rbx: STACK }, "unsupported-rule", [TEXT + 4, TEXT + 0x120]);
});

test("a low address is not taken for one of the stack that was not read yet", () => {
  const made = machine(
    [[0, rule(0)]],
    [ROOT],
    [{ cfa: layout.RULE_CFA_DEREF, cfa_reg: layout.RBP, ra: layout.RULE_RA_IN_REGISTER, ra_reg: 3 }],
  );
  for (const address of [1, 8, 9, 0x31, 1024, 2 ** 52])
    ends(made, { rip: TEXT + 4, rbp: address, rbx: ROOT }, "read-fault", [TEXT + 4]);
});

test("a rule: no return address is a root; registers that are not known are not used", () => {
  complete(
    machine([[0, rule(0)]], [], [{ cfa_reg: layout.RSP, ra: layout.RULE_RA_UNDEFINED }]),
    { rip: TEXT + 4 },
    [TEXT + 4],
  );
  const unknown: Rule[] = [
    { cfa_reg: 3 },
    { cfa_reg: layout.RSP, cfa: layout.RULE_CFA_DEREF_INDEXED, index_reg: 9 },
    { cfa_reg: layout.RSP, cfa_offset: 8, ra: layout.RULE_RA_IN_REGISTER, ra_reg: 3 },
    { cfa_reg: layout.RSP, cfa_offset: 8, ra_offset: -8, rbp: layout.RULE_RBP_IN_REGISTER, rbp_reg: 3 },
    { cfa_reg: layout.RSP, cfa: 77 },
  ];
  for (const rules of unknown)
    ends(machine([[0, rule(0)]], [ROOT], [rules]), { rip: TEXT + 4 }, "unsupported-rule", [TEXT + 4], LEAF);
});
