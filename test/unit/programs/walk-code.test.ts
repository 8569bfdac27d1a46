import assert from "node:assert/strict";
import { test } from "node:test";
import * as layout from "../../../bpf/unwind/layout.js";
import { ALL_REGISTERS, KIND, LEAF, Machine, rsp } from "./walk-host.js";

const JIT = 0x10_0100;
const TEXT = 0x40_0000;
const STACK = 0x7ffd_0000_1000;
const ROOT = TEXT + 0xf10;
/** What the frame pointer's own frame returns to, and what the one below it would. */
const CALLER = JIT + 0x800;
const OUTER = JIT + 0x900;

/** Code without unwind data at JIT, its bytes there; a program with a gap up to TEXT + 0xe00 and a root. */
function machine(code: string, stack: readonly number[], kind = KIND.anonymous): Machine {
  return new Machine()
    .mapping(JIT - 0x100, JIT + 0xf00, kind, kind === KIND.table ? [[0xe00, rsp(8)]] : [])
    .mapping(TEXT, TEXT + 0x1000, KIND.table, [
      [0xe00, rsp(8)],
      [0xf00, { cfa: layout.CFA_END }],
    ])
    .code(JIT - 16, "00".repeat(16) + code.replaceAll(" ", ""))
    .stack(STACK, stack);
}

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

// Where the code is before or after its frame: the caller is at rsp, and rbp is still the caller's, whose frame leads to
// OUTER. By the frame pointer alone, CALLER would be missing.
const V8_ENTRY = ["48 8b 59 f8", "f6 43 35 01", "0f 85 f2 60 e4 1f", "55 48 89 e5 56 57 50"];
const V8_OLD_ENTRY = ["48 8b 59 e0", "f7 43 0f 00 00 00 20", "0f 85 f2 60 e4 1f", "55 48 89 e5"];
const V8_EXIT = ["48 83 f9 02", "7f 03", "c2 10 00", "41 5a", "48 8d 24 cc", "41 52", "c3"];
/** Of V8 13.6. */
const V8_NEW_EXIT = ["49 83 f8 03", "0f 8f 03 00 00 00", "c2 18 00", "41 59", "4a 8d 24 c4", "41 51", "c3"];
const from = (parts: string[], first: number): string => parts.slice(first).join(" ");
const AT_RSP: Record<string, string> = {
  "push rbp": "55 48 89 e5 90",
  "push rbp, assembled the other way": "55 48 8b ec 90",
  endbr64: "f3 0f 1e fa 55 48 89 e5",
  ret: "c3",
  "ret n": "c2 10 00",
  "rep ret": "f3 c3",
  "V8's first instruction": from(V8_ENTRY, 0),
  "V8's second": from(V8_ENTRY, 1),
  "V8's third": from(V8_ENTRY, 2),
  "an older V8's first": from(V8_OLD_ENTRY, 0),
  "an older V8's second": from(V8_OLD_ENTRY, 1),
  "V8's baseline code": "49 bc 51 18 da c0 d6 3f 00 00 e8 ac 27 e0 1f 50 50",
  "the pop of V8's interpreter": "59 48 03 e3 51 c3",
  "the comparison of V8's exit": from(V8_EXIT, 0),
  "its jump": from(V8_EXIT, 1),
  "the comparison of a newer V8's exit": from(V8_NEW_EXIT, 0),
  "its longer jump": from(V8_NEW_EXIT, 1),
  "its pop of another register": from(V8_NEW_EXIT, 3),
  "the end of V8's builtins": "49 8b 85 20 02 00 00 c3",
  "a newer V8's baseline code": "bb 28 00 00 00 49 bc 51 18 da c0 d6 3f 00 00 e8 ac 27 e0 1f 50 50",
  "its pop": from(V8_EXIT, 3),
};
for (const [name, code] of Object.entries(AT_RSP)) {
  test(`the caller is not left out at ${name}`, () => {
    const stack = [CALLER, 0, 0x77, OUTER, 0, 0x77, 0];
    const made = machine(code, [...stack]).stack(0x77_0000, [0, ROOT]);
    made.stack(STACK + 0x38, []);
    const walk = made.walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x10 });
    assert.deepEqual(walk.frames.slice(0, 3), [JIT, CALLER, OUTER]);
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

test("the caller is not left out while V8 has it in r10", () => {
  for (const first of [4, 5]) {
    const made = machine(from(V8_EXIT, first), [0, 0, 0x77, OUTER]);
    const walk = made.walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x10, r10: CALLER });
    assert.deepEqual(walk.frames.slice(0, 3), [JIT, CALLER, OUTER]);
    const unknown = made.walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x10, r10: CALLER }, LEAF);
    assert.deepEqual([unknown.end, unknown.frames], ["unsupported-rule", [JIT]]);
  }
});

test("the caller is not left out while a newer V8 has it in r9", () => {
  for (const first of [4, 5]) {
    const made = machine(from(V8_NEW_EXIT, first), [0, 0, 0x77, OUTER]);
    const walk = made.walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x10, r9: CALLER });
    assert.deepEqual(walk.frames.slice(0, 3), [JIT, CALLER, OUTER]);
  }
});

test("the caller is not left out while V8's interpreter has it in rcx", () => {
  for (const code of ["48 03 e3 51 c3", "51 c3"]) {
    const made = machine(code, [0, 0, 0x77, OUTER]);
    const walk = made.walk({ rip: JIT, rsp: STACK, rbp: STACK + 0x10, rcx: CALLER });
    assert.deepEqual(walk.frames.slice(0, 3), [JIT, CALLER, OUTER]);
  }
});

/** Bytes that end just before CALLER, and some behind it. */
function calledBy(before: string, behind = "90 90 90 90"): Machine {
  const bytes = before.replaceAll(" ", "");
  return machine("90", [CALLER, 0, 0x77, OUTER])
    .code(CALLER - bytes.length / 2, bytes + behind.replaceAll(" ", ""))
    .stack(0x20_0000, [0, JIT - 0x20, JIT - 0x8000]);
}
/** call disp32 */
const callTo = (target: number): string =>
  `e8 ${Buffer.from(Int32Array.of(target - CALLER).buffer).toString("hex")}`;
const builtin = { rip: JIT, rsp: STACK, rbp: STACK + 0x10 };

test("a builtin of V8 without a frame is known by the call to it, direct or by the table in r13", () => {
  const isTakenFor = (made: Machine) => made.walk({ ...builtin, r13: 0x20_0000 }).frames[1];
  assert.equal(isTakenFor(calledBy(callTo(JIT - 0x20))), CALLER);
  assert.equal(isTakenFor(calledBy("41 ff 95 08 00 00 00")), CALLER);
  // An address that was left on the stack: what it called is not here.
  assert.equal(isTakenFor(calledBy(callTo(JIT - 0x8000))), OUTER);
  assert.equal(isTakenFor(calledBy("41 ff 95 10 00 00 00")), OUTER);
  assert.equal(isTakenFor(calledBy("ff 53 08 90 90")), OUTER);
});

test("a bytecode handler without a frame is known by the interpreter's call and frame", () => {
  const called = () => calledBy("ff d1", "4c 8b 65 e0");
  assert.equal(called().walk(builtin).frames[1], OUTER);
  const withContext = called().stack(STACK + 0x4000, [0x1235, 0x77, OUTER]);
  assert.equal(withContext.walk({ ...builtin, rbp: STACK + 0x4008 }).frames[1], CALLER);
  const other = calledBy("ff d1", "90 90 90").stack(STACK + 0x4000, [0x1235, 0x77, OUTER]);
  assert.equal(other.walk({ ...builtin, rbp: STACK + 0x4008 }).frames[1], OUTER);
});

test("a function that has its frame made by another has not lost its caller", () => {
  const made = machine("90", [CALLER, OUTER, 0x77, ROOT])
    .code(CALLER - 15, `49bc0000000000000000${callTo(JIT - 0x20)}90909090`.replaceAll(" ", ""))
    .walk(builtin);
  assert.deepEqual(made.frames.slice(0, 4), [JIT, CALLER, OUTER, ROOT]);
  const atCall = machine("90", [CALLER, 0, 0x77, OUTER])
    .code(JIT - 10, "49bc0000000000000000e800000000")
    .walk(builtin);
  assert.deepEqual(atCall.frames.slice(0, 3), [JIT, CALLER, OUTER]);
});

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
