import assert from "node:assert/strict";
import { test } from "node:test";
import * as layout from "../../../bpf/unwind/layout.js";
import {
  CALLER,
  framesWithCallerAtRsp,
  from,
  JIT,
  machine,
  OUTER,
  ROOT,
  STACK,
  TEXT,
} from "./walk-code-program.js";
import { ALL_REGISTERS, KIND, LEAF, Machine, rsp } from "./walk-host.js";

const kinds = {
  "JIT code": KIND.anonymous,
  "a file without a table": KIND.noTable,
  "a gap in a table": KIND.table,
};
for (const [name, kind] of Object.entries(kinds)) {
  test(`frame pointers lead through ${name}`, () => {
    const stack = [0, 0, STACK + 0x30, CALLER, 0, 0, 0x77, ROOT];
    const walk = machine("90 90", stack, kind).walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x10 });
    assert.deepEqual([walk.end, walk.frames], ["complete", [JIT, CALLER, ROOT]]);
  });
}

test("frame pointers and tables by turns", () => {
  // JIT, then a function with rsp + 8 and rbp untouched, then JIT again by the rbp that the first one saved.
  const stack = [STACK + 0x18, TEXT + 0xe10, CALLER, 0x77, ROOT];
  const walk = machine("90", stack).walk({ rip: JIT, rsp: STACK, rbp: STACK });
  assert.deepEqual([walk.end, walk.frames], ["complete", [JIT, TEXT + 0xe10, CALLER, ROOT]]);
});

// By the frame pointer alone, CALLER would be missing.
const AT_RSP: Record<string, string> = {
  "push rbp": "55 48 89 e5 90",
  "push rbp, assembled the other way": "55 48 8b ec 90",
  endbr64: "f3 0f 1e fa 55 48 89 e5",
  ret: "c3",
  "ret n": "c2 10 00",
  "rep ret": "f3 c3",
};
for (const [name, code] of Object.entries(AT_RSP)) {
  test(`the caller is not left out at ${name}`, () => {
    assert.deepEqual(framesWithCallerAtRsp(code).slice(0, 3), [JIT, CALLER, OUTER]);
  });
}

const PUSHED: Record<string, string> = {
  "mov rsp, rbp": "48 89 e5 90",
  "mov rsp, rbp, assembled the other way": "48 8b ec 90",
  "pop rbp; ret": "5d c3",
  "pop rbp; ret n": "5d c2 08 00",
};
for (const [name, code] of Object.entries(PUSHED)) {
  test(`the caller is not left out at ${name}`, () => {
    const stack = [STACK + 0x18, CALLER, 0, 0x77, OUTER];
    const walk = machine(code, stack).walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x18 });
    assert.deepEqual(walk.frames.slice(0, 3), [JIT, CALLER, OUTER]);
  });
}

test("code at the very start of a mapping is read, with nothing before it", () => {
  const start = 0x30_0000;
  const made = machine("90", [CALLER, 0, 0x77, OUTER]).mapping(start, start + 0x1000, KIND.anonymous);
  const walk = made.code(start, "c3").walk({ rip: start, rsp: STACK, rbp: STACK + 0x10 });
  assert.deepEqual(walk.frames.slice(0, 3), [start, CALLER, OUTER]);
});

test("bytes decide in the leaf alone: behind a call the frame is made", () => {
  const stack = [CALLER, 0, STACK + 0x30, OUTER, 0, 0, 0x77, ROOT];
  const walk = machine("c3", stack).walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x10 }, 0);
  assert.deepEqual(walk.frames.slice(0, 3), [JIT, OUTER, ROOT]);
});

const TRAMPOLINE = ["48 83 ec 08", "ff d1", "48 83 c4 08", "c3"];
test("CPython's perf trampoline has no frame pointer, neither in the leaf nor behind its call", () => {
  for (const [first, stack] of [
    [0, [TEXT + 0xe10, ROOT]],
    [1, [0, TEXT + 0xe10, ROOT]],
    [2, [0, TEXT + 0xe10, ROOT]],
    [3, [TEXT + 0xe10, ROOT]],
  ] as const) {
    const walk = machine(from(TRAMPOLINE, first), stack, KIND.python).walk({
      rip: JIT,
      rsp: STACK,
      rbp: 0x77,
    });
    assert.deepEqual([walk.end, walk.frames], ["complete", [JIT, TEXT + 0xe10, ROOT]]);
  }
  const made = machine(from(TRAMPOLINE, 2), [JIT, 0, TEXT + 0xe10, ROOT], KIND.python);
  const walk = made.walk({ rip: TEXT + 0xe08, rsp: STACK, rbp: 0x77 });
  assert.deepEqual([walk.end, walk.frames], ["complete", [TEXT + 0xe08, JIT, TEXT + 0xe10, ROOT]]);
});

test("the same bytes in other code are no trampoline", () => {
  const made = machine(from(TRAMPOLINE, 2), [0, TEXT + 0xe10], KIND.anonymous);
  assert.equal(made.walk({ rip: JIT, rsp: STACK, rbp: 0x77 }).end, "bad-frame-pointer");
});

test("a signal handler's return without unwind data is known by its bytes (musl, Go)", () => {
  for (const code of ["48 c7 c0 0f 00 00 00 0f 05", "b8 0f 00 00 00 0f 05"]) {
    for (const kind of [KIND.noTable, KIND.table]) {
      const registers = new Array(17).fill(0);
      [registers[15], registers[16]] = [STACK + 0x4000, TEXT + 0xe20];
      const made = machine(code, [JIT, 0, 0, 0, 0, 0, ...registers], kind).stack(STACK + 0x4000, [ROOT]);
      const walk = made.walk({ rip: TEXT + 0xe08, rsp: STACK });
      assert.deepEqual([walk.end, walk.frames], ["complete", [TEXT + 0xe08, JIT, TEXT + 0xe20, ROOT]]);
    }
  }
});

test("behind a system call where the unwind data end: the maker has its caller, the new thread none", () => {
  // The gap begins at 0x20, behind the two bytes of the call.
  const made = new Machine()
    .mapping(TEXT, TEXT + 0x1000, KIND.table, [
      [0, rsp(8)],
      [0x20, { cfa: layout.CFA_NONE }],
      [0x30, rsp(8)],
      [0xf00, { cfa: layout.CFA_END }],
    ])
    .code(TEXT + 0x1e, "0f 05 48 85 c0 7c 10")
    .stack(STACK, [TEXT + 0x38, ROOT]);
  const start = { rip: TEXT + 0x20, rsp: STACK, rbp: 0 };
  const maker = made.walk({ ...start, rax: 4711 });
  assert.deepEqual([maker.end, maker.frames], ["complete", [TEXT + 0x20, TEXT + 0x38, ROOT]]);
  const thread = made.walk({ ...start, rax: 0 });
  assert.deepEqual([thread.end, thread.frames], ["complete", [TEXT + 0x20]]);
});

test("what a frame pointer that leads nowhere is called", () => {
  const cases: [number, number, string][] = [
    [KIND.anonymous, 0, "bad-frame-pointer"],
    [KIND.anonymous, STACK + 1, "bad-frame-pointer"],
    [KIND.anonymous, STACK - 8, "bad-frame-pointer"],
    [KIND.anonymous, 0x7fff_0000_0000, "bad-frame-pointer"],
    [KIND.python, 8, "bad-frame-pointer"],
    [KIND.noTable, 0, "no-table"],
    [KIND.noTable, STACK - 8, "no-table"],
    [KIND.table, 0x1234, "no-table"],
  ];
  for (const [kind, rbp, end] of cases) {
    const walk = machine("90", [0, 0], kind).walk({ rip: JIT, rsp: STACK, rbp });
    assert.deepEqual([walk.end, walk.frames], [end, [JIT]], `${kind} ${rbp}`);
  }
});

test("a chain of frame pointers that ends in zero is whole in a file, and not in code made at run time", () => {
  const stack = [0, CALLER];
  const start = { rip: JIT, rsp: STACK, rbp: STACK };
  assert.equal(machine("90", stack, KIND.noTable).walk(start).end, "complete");
  assert.equal(machine("90", stack, KIND.anonymous).walk(start).end, "bad-frame-pointer");
});

test("Go: a table for the leaf, frame pointers above, also from the stack of a thread to that of a goroutine", () => {
  const goroutine = 0xc0_0000_4000;
  const made = new Machine()
    .mapping(TEXT, TEXT + 0x1000, KIND.atLeaf, [
      [0, rsp(8)],
      [0x40, rsp(0x4000)],
    ])
    .code(TEXT - 16, "90".repeat(0x800))
    .stack(STACK, [TEXT + 0x50, 0, goroutine, TEXT + 0x60])
    .stack(goroutine, [0, TEXT + 0x70]);
  const walk = made.walk({ rip: TEXT + 4, rsp: STACK, rbp: STACK + 0x10 });
  assert.deepEqual([walk.end, walk.frames], ["complete", [TEXT + 4, TEXT + 0x50, TEXT + 0x60, TEXT + 0x70]]);
});

test("Go: rbp inside of the leaf's frame is the frame's own, above it the caller's", () => {
  const made = new Machine()
    .mapping(TEXT, TEXT + 0x1000, KIND.atLeaf, [[0, rsp(32)]])
    .code(TEXT - 16, "90".repeat(0x800))
    .stack(STACK, [0, 0, STACK + 0x30, TEXT + 0x50, 0, 0, 0, TEXT + 0x60]);
  for (const rbp of [STACK + 0x10, STACK + 0x30]) {
    const walk = made.walk({ rip: TEXT + 4, rsp: STACK, rbp });
    assert.deepEqual([walk.end, walk.frames], ["complete", [TEXT + 4, TEXT + 0x50, TEXT + 0x60]]);
  }
});

test("code that cannot be read tells nothing, and the frame pointer is tried", () => {
  const made = new Machine()
    .mapping(JIT - 0x100, JIT + 0xf00, KIND.anonymous)
    .mapping(TEXT, TEXT + 0x1000, KIND.table, [[0, { cfa: layout.CFA_END }]])
    .stack(STACK, [0x77, ROOT]);
  const walk = made.walk({ rip: JIT, rsp: STACK, rbp: STACK });
  assert.deepEqual([walk.end, walk.frames], ["complete", [JIT, ROOT]]);
});

test("each read that fails on the way by frame pointers and bytes was reached", () => {
  const stack = [0, 0, STACK + 0x2000, CALLER];
  const made = machine("90", stack).stack(STACK + 0x2000, [0x77, ROOT]);
  const start = { rip: JIT, rsp: STACK, rbp: STACK + 0x10 };
  const whole = made.walk(start);
  assert.deepEqual([whole.end, whole.reads], ["complete", 4]); // code and stack by turns
  // Code that is not read from before it on is read from its address on. When the stack's first read fails, which was
  // for a look at what is at rsp, the walk goes on as before.
  const ends = made.walks(start, LEAF | ALL_REGISTERS, [1, 2, 3, 4]).map(({ end, reads }) => [end, reads]);
  assert.deepEqual(ends, [
    ["complete", 5],
    ["complete", 5],
    ["complete", 5],
    ["bad-frame-pointer", 4],
  ]);
});
