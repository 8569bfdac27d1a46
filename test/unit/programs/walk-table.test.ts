import assert from "node:assert/strict";
import { test } from "node:test";
import * as layout from "../../../bpf/unwind/layout.js";
import { ALL_REGISTERS, KIND, LEAF, Machine, type Row, type Rows, type Rule, rbp, rsp } from "./walk-host.js";

const TEXT = 0x40_0000;
const STACK = 0x7ffd_0000_1000;
/** Behind a call of the function that begins at TEXT + 0xf00, whose return address is undefined: the root. */
const ROOT = TEXT + 0xf10;
const END: Row = { cfa: layout.CFA_END };

/** A program with these rows and a root, and this stack. */
function machine(rows: Rows, stack: readonly number[], rules: Rule[] = []): Machine {
  return new Machine()
    .mapping(TEXT, TEXT + 0x1000, KIND.table, [...rows, [0xf00, END]], rules)
    .stack(STACK, stack);
}

function complete(
  machine: Machine,
  registers: Record<string, number>,
  frames: number[],
  flags?: number,
): void {
  const walk = machine.walk({ rsp: STACK, ...registers }, flags);
  assert.deepEqual([walk.end, walk.frames], ["complete", frames]);
}

function ends(
  machine: Machine,
  registers: Record<string, number>,
  end: string,
  frames: number[],
  flags?: number,
) {
  const walk = machine.walk({ rsp: STACK, ...registers }, flags);
  assert.deepEqual([walk.end, walk.frames], [end, frames]);
}

test("CFA by rsp, through three functions; a return address is looked up one byte earlier", () => {
  // The call at 0x10f is the last of its function: the row from 0x110 on is another's.
  const rows: Rows = [
    [0, rsp(8)],
    [0x10, rsp(24)],
    [0x100, rsp(16)],
    [0x110, rsp(4096)],
    [0x300, rsp(32)],
  ];
  complete(machine(rows, [1, 2, TEXT + 0x110, 3, TEXT + 0x310, 4, 5, 6, ROOT]), { rip: TEXT + 0x20 }, [
    TEXT + 0x20,
    TEXT + 0x110,
    TEXT + 0x310,
    ROOT,
  ]);
});

test("the leaf itself is looked up where it is", () => {
  complete(
    machine(
      [
        [0, rsp(8192)],
        [0x10, rsp(8)],
      ],
      [ROOT],
    ),
    { rip: TEXT + 0x10 },
    [TEXT + 0x10, ROOT],
  );
  ends(
    machine(
      [
        [0, rsp(8)],
        [0x10, rsp(8192)],
      ],
      [ROOT],
    ),
    { rip: TEXT + 0x10 },
    "read-fault",
    [TEXT + 0x10],
  );
});

test("CFA by rbp, and rbp of the caller from where it was saved", () => {
  const rows: Rows = [
    [0, rbp(16, -16)],
    [0x100, rbp(16, -16)],
    [0x200, rbp(16)],
  ];
  const stack = [0, STACK + 0x20, TEXT + 0x110, 0, STACK + 0x30, TEXT + 0x210, 0x77, ROOT];
  complete(machine(rows, stack), { rip: TEXT + 4, rbp: STACK + 8 }, [
    TEXT + 4,
    TEXT + 0x110,
    TEXT + 0x210,
    ROOT,
  ]);
});

test("rbp saved far from the CFA, and kept by a function that does not touch it", () => {
  const rows: Rows = [
    [0, rsp(48, -48)],
    [0x100, rsp(16)],
    [0x200, rbp(16)],
  ];
  const stack = [STACK + 0x50, 0, 0, 0, 0, TEXT + 0x110, 0, TEXT + 0x210, 0, 0, 0, ROOT];
  complete(machine(rows, stack), { rip: TEXT + 4 }, [TEXT + 4, TEXT + 0x110, TEXT + 0x210, ROOT]);
});

test("CFA by another register in the leaf and above one that has put nothing on the stack, but not elsewhere", () => {
  const rows: Rows = [
    [0, { cfa: layout.CFA_REGISTER, reg: 10, offset: 8 }],
    [0x100, rsp(8)],
    [0x200, rsp(16)],
  ];
  const above = TEXT + 0x20;
  complete(machine(rows, [0, 0, ROOT]), { rip: TEXT + 4, r10: STACK + 16 }, [TEXT + 4, ROOT]);
  const bare = { rip: TEXT + 0x110, r10: STACK + 16 };
  complete(machine(rows, [above, 0, ROOT]), bare, [bare.rip, above, ROOT]);
  ends(machine(rows, [above, 0, above]), bare, "unsupported-rule", [bare.rip, above, above]);
  const pushed = { rip: TEXT + 0x210, r10: STACK + 16 };
  ends(machine(rows, [0, above, ROOT]), pushed, "unsupported-rule", [pushed.rip, above]);
  ends(
    machine(rows, [0, 0, above, ROOT]),
    { rip: TEXT + 4, r10: STACK },
    "unsupported-rule",
    [TEXT + 4],
    LEAF,
  );
});

test("CFA stored on the stack", () => {
  const rows: Rows = [[0, { cfa: layout.CFA_DEREF_RSP, reg: 2, offset: 8 }]];
  complete(machine(rows, [0, 0, STACK + 0x20, 0, ROOT]), { rip: TEXT + 4 }, [TEXT + 4, ROOT]);
});

test("a procedure linkage table: one push from its threshold on", () => {
  const rows: Rows = [[0, { cfa: layout.CFA_PLT, reg: 11 }]];
  complete(machine(rows, [ROOT]), { rip: TEXT + 0x2a }, [TEXT + 0x2a, ROOT]);
  complete(machine(rows, [3, ROOT]), { rip: TEXT + 0x2b }, [TEXT + 0x2b, ROOT]);
});

test("a signal frame gives all registers, and the address is not one behind a call", () => {
  // Interrupted at 0x100, the first byte of a function whose CFA is by r12.
  const rows: Rows = [
    [0, rsp(8)],
    // As in glibc, whose unwind data begin a byte earlier: the address is looked up like one behind a call.
    [0x3f, { cfa: layout.CFA_SIGNAL }],
    [0x80, rsp(4096)],
    [0x100, { cfa: layout.CFA_REGISTER, reg: 12, offset: 16 }],
  ];
  const registers = Array.from({ length: 17 }, (_, i) => 0x1000 + i);
  const other = STACK - 0x800;
  registers[4] = other; // r12
  registers[15] = other; // rsp
  registers[16] = TEXT + 0x100; // rip
  const stack = [TEXT + 0x40, 0, 0, 0, 0, 0, ...registers];
  const signalled = machine(rows, stack).stack(other, [0, ROOT]);
  complete(signalled, { rip: TEXT + 4 }, [TEXT + 4, TEXT + 0x40, TEXT + 0x100, ROOT]);
});

test("a signal frame's registers in DWARF's order", () => {
  const rows: Rows = [[0x40, { cfa: layout.CFA_SIGNAL }]];
  const registers = Array.from({ length: 17 }, (_, i) => 0x1000 + i);
  const stack = [0, 0, 0, 0, 0, ...registers];
  const walk = machine(rows, stack).walk({ rsp: STACK, rip: TEXT + 0x40 });
  const names = "r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi rbp rbx rdx rax rcx rsp rip".split(" ");
  assert.deepEqual(walk.registers, Object.fromEntries(names.map((name, i) => [name, 0x1000 + i])));
  assert.equal(walk.flags, LEAF | ALL_REGISTERS);
});

const rule = (number: number): Row => ({ cfa: layout.CFA_RULE, offset: number });
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

test("every row of a bucket with 255 rows is found, and the one in force from the bucket before", () => {
  const rows: [number, Row][] = [[0, rsp(0x3000)]];
  for (let i = 1; i < 256; i++) rows.push([0x200 + i, rsp(8 * i)]);
  const stack = Array.from({ length: 300 }, () => ROOT);
  const made = machine(rows, stack);
  for (const i of [1, 2, 3, 7, 8, 9, 15, 16, 127, 128, 129, 254, 255]) {
    const walk = made.walk({ rsp: STACK, rip: TEXT + 0x200 + i });
    assert.deepEqual([walk.end, walk.frames], ["complete", [TEXT + 0x200 + i, ROOT]]);
  }
  ends(made, { rip: TEXT + 0x200 }, "read-fault", [TEXT + 0x200]);
});

test("the mapping is found among 700, also in the arena's second chunk", () => {
  for (const position of [16, 1 << 17]) {
    const made = new Machine(position);
    for (let i = 0; i < 700; i++)
      made.mapping(TEXT + i * 0x2000, TEXT + i * 0x2000 + 0x1000, KIND.table, [
        [0, rsp(8)],
        [0x100, END],
      ]);
    const callers = [0, 1, 254, 255, 256, 257, 511, 512, 699].map((i) => TEXT + i * 0x2000 + 0x20);
    const root = TEXT + 0x110;
    complete(made.stack(STACK, [...callers.slice(1), root]), { rip: callers[0] }, [...callers, root]);
    ends(made, { rip: TEXT + 0x1000 }, "pending", [TEXT + 0x1000]);
    ends(made, { rip: TEXT - 1 }, "pending", [TEXT - 1]);
  }
});

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
