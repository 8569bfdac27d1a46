import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CALLER,
  framesWithCallerAtRsp,
  from,
  JIT,
  machine,
  OUTER,
  ROOT,
  STACK,
} from "./walk-code-program.js";
import { LEAF, type Machine } from "./walk-host.js";

const V8_ENTRY = ["48 8b 59 f8", "f6 43 35 01", "0f 85 f2 60 e4 1f", "55 48 89 e5 56 57 50"];
const V8_OLD_ENTRY = ["48 8b 59 e0", "f7 43 0f 00 00 00 20", "0f 85 f2 60 e4 1f", "55 48 89 e5"];
const V8_EXIT = ["48 83 f9 02", "7f 03", "c2 10 00", "41 5a", "48 8d 24 cc", "41 52", "c3"];
/** Of V8 13.6. */
const V8_NEW_EXIT = ["49 83 f8 03", "0f 8f 03 00 00 00", "c2 18 00", "41 59", "4a 8d 24 c4", "41 51", "c3"];
// By the frame pointer alone, CALLER would be missing.
const AT_RSP: Record<string, string> = {
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
    assert.deepEqual(framesWithCallerAtRsp(code).slice(0, 3), [JIT, CALLER, OUTER]);
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
