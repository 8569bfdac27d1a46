import assert from "node:assert/strict";
import { test } from "node:test";
import * as layout from "../../../bpf/unwind/layout.js";
import { ALL_REGISTERS, KIND, LEAF, Machine, type Row, type Rows, rbp, rsp } from "./walk-host.js";
import { complete, END, ends, machine, ROOT, STACK, TEXT } from "./walk-program.js";

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
