import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { openObject } from "../src/index.js";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

test("a program runs at the tracepoint of its section until its link is closed", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("tracepoint")).load();
  const execs = (): number => Number(object.variable("execs").get());
  execFileSync("true");
  assert.equal(execs(), 0);
  const link = object.program("on_exec").attach();
  execFileSync("true");
  assert.ok(execs() >= 1);
  link.close();
  const before = execs();
  execFileSync("true");
  assert.equal(execs(), before);
});

test("a program of another kind is not attached", (t) => {
  if (!requireBpf(t)) return;
  using object = openObject(fixture("tracepoint")).load();
  assert.throws(() => object.program("idle").attach(), {
    code: "EINVAL",
    operation: 'attach program "idle"',
  });
});
