import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { openObject, VerifierError } from "../src/index.js";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

test("an object is listed before anything is in the kernel, from a file or from bytes", () => {
  for (const source of [fixture("maps"), readFileSync(fixture("maps"))]) {
    using open = openObject(source);
    assert.deepEqual(open.programNames, ["step", "read_nested", "idle"]);
    for (const name of ["hash", "trie", ".bss", ".data", ".rodata"])
      assert.ok(open.mapNames.includes(name), name);
    assert.equal(open.map("hash").type, "hash");
    assert.equal(open.map("hash").maxEntries, 8);
  }
});

test("what is not there is an error that lists what is", () => {
  using open = openObject(fixture("sampler"));
  assert.throws(() => open.map("sample"), /object sampler\.bpf\.o has no map "sample"; it has samples, /);
  assert.throws(() => open.program("f"), /has no program "f"; it has on_sample/);
  assert.throws(() => open.rodata("enabled", 1), /has no constant "enabled"; it has target_pid/);
});

test("constants are checked against their type", () => {
  using open = openObject(fixture("maps"));
  assert.throws(() => open.rodata("limit", -1), /limit = -1 does not fit in 32 bits, unsigned/);
  assert.throws(() => open.rodata("limit", 2 ** 32), RangeError);
  assert.throws(() => open.rodata("limit", 0.5), /not an exact integer/);
  assert.throws(() => open.rodata("offset", 40000), /16 bits, signed/);
  assert.throws(() => open.rodata("label", 1), /label is no integer of 1, 2, 4 or 8 bytes/);
  assert.throws(() => open.rodata("label", Uint8Array.of(1)), /label has 8 bytes, 1 were given/);
});

test("constants, sizes and autoload take effect at load", (t) => {
  if (!requireBpf(t)) return;
  const open = openObject(fixture("maps"));
  open
    .rodata("limit", 100)
    .rodata("offset", -10)
    .rodata("is_strict", true)
    .rodata("mask", 1n << 40n);
  open.rodata("label", new TextEncoder().encode("labelled"));
  open.map("hash").maxEntries = 1000;
  open.program("idle").autoload = false;
  using object = open.load();
  assert.equal(object.map("hash").info.maxEntries, 1000);
  assert.equal(object.program("step").run(), "l".charCodeAt(0));
  assert.equal(object.variable("total").get(), 90n + (1n << 40n));
  assert.throws(() => object.program("idle"), /was not loaded/);
  assert.equal(object.variable("limit").get(), 100);
  assert.equal(object.variable("offset").get(), -10);
  assert.throws(() => object.variable("limit").set(1), /limit is a constant/);
  assert.throws(() => object.variable("label").setBytes(new Uint8Array(8)), TypeError);
});

test("variables are shared with BPF both ways", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("maps")).load();
  const balance = object.variable("balance");
  assert.equal(balance.get(), -5);
  object.variable("small").set(4);
  object.variable("total").set(2n ** 63n);
  object.program("step").run();
  assert.equal(balance.get(), -9);
  assert.equal(object.variable("calls").get(), 1);
  assert.equal(object.variable("total").get(), 2n ** 63n + 5n);
  balance.set(-2147483648);
  assert.equal(balance.get(), -2147483648);
  assert.throws(() => balance.set(2147483648), RangeError);
  const counters = object.variable("counters");
  assert.equal(counters.size, 32);
  assert.deepEqual([...new BigUint64Array(counters.getBytes().buffer)], [0n, 0n, 1n, 0n]);
  counters.setBytes(new Uint8Array(32));
  assert.deepEqual(counters.getBytes(), new Uint8Array(32));
  assert.throws(() => counters.get(), /use getBytes/);
  assert.equal(object.variable("balance"), balance);
  assert.throws(() => object.variable("balanc"), /has no variable "balanc"; it has .*balance/);
  assert.ok(object.variableNames.includes("total"));
});

test("a struct's layout is the compiler's", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("maps")).load();
  assert.deepEqual(object.struct("layout"), {
    name: "layout",
    size: 32,
    members: [
      { name: "kind", offset: 0, size: 1 },
      { name: "when", offset: 8, size: 8 },
      { name: "words", offset: 16, size: 12 },
      { name: "rest", offset: 28, size: 0 },
    ],
  });
  assert.equal(object.struct("nothing"), undefined);
});

test("a syscall program returns a value", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("maps")).load();
  assert.equal(object.program("idle").run(), 42);
  assert.equal(object.program("idle").name, "idle");
});

test("the verifier's reason is in the message and its log in the error", (t) => {
  if (!requireBpf(t)) return;
  const open = openObject(fixture("rejected"));
  assert.throws(
    () => open.load(),
    (error) => {
      assert.ok(error instanceof VerifierError);
      assert.match(error.message, /^load rejected\.bpf\.o: EACCES /);
      assert.match(error.message, /R\d invalid mem access 'map_value_or_null'/);
      assert.match(error.message, /\(\d+ lines omitted\)$/);
      assert.ok(error.log.some((line) => line.includes("call bpf_map_lookup_elem")));
      return true;
    },
  );
  assert.ok(open.closed);
});

test("a verifier log of any length is kept whole", (t) => {
  if (!requireBpf(t)) return;
  assert.throws(
    () => openObject(fixture("long-log")).load(),
    (error) => {
      assert.ok(error instanceof VerifierError);
      assert.ok(error.log.length > 2000, `${error.log.length} lines`);
      assert.match(error.message, /R\d invalid mem access/);
      return true;
    },
  );
});

test("a file that is missing or no object says so, and libbpf prints nothing", () => {
  assert.throws(() => openObject("/nonexistent/x.bpf.o"), {
    name: "BpfError",
    code: "ENOENT",
    operation: "open x.bpf.o",
  });
  assert.throws(() => openObject(process.execPath), { name: "BpfError" });
  assert.throws(
    () => openObject(Uint8Array.of(1, 2, 3)),
    (error: Error & { log?: string[] }) => {
      assert.ok(error.log!.length > 0);
      return error.name === "BpfError";
    },
  );
});

test("closing is idempotent and final", (t) => {
  const unloaded = openObject(fixture("maps"));
  unloaded.close();
  unloaded.close();
  assert.throws(() => unloaded.load(), { name: "ClosedError", message: "object maps.bpf.o is closed" });
  if (!requireBpf(t)) return;
  const open = openObject(fixture("maps"));
  const hash = open.map("hash");
  const object = open.load();
  // @ts-expect-error an object is loaded once
  assert.throws(() => object.load(), TypeError);
  // @ts-expect-error only a loaded program is attached
  assert.throws(() => open.program("idle").attachPerfEvent(undefined));
  assert.throws(() => open.load(), { name: "ClosedError" });
  assert.throws(() => hash.maxEntries, { name: "ClosedError" });
  assert.throws(() => open.rodata("limit", 1), { name: "ClosedError" });
  const map = object.map("array");
  const program = object.program("idle");
  const memory = object.map("mapped").mmap();
  const variable = object.variable("total");
  object.close();
  object[Symbol.dispose]();
  for (const use of [
    () => object.map("array"),
    () => object.program("idle"),
    () => object.variable("total"),
    () => map.get(Uint8Array.of(0, 0, 0, 0)),
    () => map.fd,
    () => program.run(),
    () => memory.read(0, 1),
    () => variable.get(),
    () => variable.getBytes(),
  ]) {
    assert.throws(use, { name: "ClosedError" }, String(use));
  }
});
