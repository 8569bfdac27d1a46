import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameTable } from "../../../bpf/sampler/frame-table.js";
import type { NamedStacks } from "../../../bpf/sampler/naming.js";
import { shortcomings } from "../../../bpf/sampler/shortcomings.js";
import type { ResolvedFrame } from "../../../bpf/symbols/frame.js";

type End = NamedStacks["stacks"]["end"][number];

/** Stacks of frames, root first, with their ends; a frame is one address each time. */
function named(rows: [End, ...ResolvedFrame[]][]): NamedStacks {
  const table = new FrameTable();
  const frames: number[] = [];
  const offsets = [0];
  for (const [, ...stack] of rows) {
    for (const frame of stack) frames.push(table.intern(frame));
    offsets.push(frames.length);
  }
  const end = rows.map(([end]) => end);
  return {
    stacks: {
      id: BigInt64Array.from(end, (_, i) => BigInt(i)),
      offsets: Int32Array.from(offsets),
      frames: Int32Array.from(frames),
      end,
    },
    frames: table.columns(),
    rowOf: new Map(),
  };
}

const user = (name: string, module: string): ResolvedFrame => ({ name, module, kind: "user" });
const nameless = (module: string, reason: ResolvedFrame["reason"]): ResolvedFrame => ({
  name: "[unknown]",
  module,
  kind: "jit",
  reason,
});
const read: ResolvedFrame = { name: "read", module: "[kernel]", kind: "kernel" };

test("ends are counted in samples, each with the module in which most of its stacks stop", () => {
  const stacks = named([
    ["complete", user("main", "app"), user("f", "liba.so")],
    ["bad-frame-pointer", user("f", "liba.so"), read],
    ["bad-frame-pointer", user("g", "libb.so")],
    ["bad-frame-pointer", user("h", "libb.so")],
    ["read-fault", read],
    ["kernel-only", read],
  ]);
  const stackOfSample = Int32Array.from([0, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5]);
  const { ends, stops, reasons } = shortcomings(stackOfSample, stacks);
  assert.deepEqual(ends, { complete: 3, "bad-frame-pointer": 7, "read-fault": 1, "kernel-only": 1 });
  assert.deepEqual(stops, {
    "bad-frame-pointer": { module: "libb.so", samples: 4 },
    "read-fault": { module: "", samples: 1 },
  });
  assert.deepEqual(reasons, {});
});

test("names that are missing are counted in samples and in addresses, a stack once for each reason", () => {
  const stacks = named([
    [
      "complete",
      nameless("[jit]", "missing-symbols"),
      nameless("[jit]", "missing-symbols"),
      user("f", "app"),
    ],
    ["complete", nameless("old.so", "missing-symbols"), nameless("[jit]", "missing-symbols")],
    ["complete", nameless("[unknown]", "unmapped")],
    ["complete", user("f", "app")],
  ]);
  const { reasons } = shortcomings(Int32Array.from([0, 0, 1, 2, 3, 3]), stacks);
  assert.deepEqual(reasons, {
    "missing-symbols": {
      samples: 3,
      addresses: 4,
      worst: { module: "[jit]", samples: 3, addresses: 3 },
    },
    unmapped: { samples: 1, addresses: 1, worst: { module: "[unknown]", samples: 1, addresses: 1 } },
  });
});

test("the C library's start of a process has no name, and nobody lacks it; elsewhere it counts", () => {
  const libc = nameless("/lib/libc.so.6", "unknown-address");
  const main = user("main", "app");
  const stacks = named([
    ["complete", user("_start", "app"), libc, libc, main],
    ["complete", user("_start", "app"), libc, main, libc],
    ["complete", main, nameless("/opt/libcurl.so.4", "unknown-address"), main],
    ["complete", libc],
  ]);
  assert.equal(
    shortcomings(Int32Array.from([0, 0, 1, 2, 2, 3]), stacks).reasons["unknown-address"].samples,
    4,
  );
  const start = named([["complete", user("_start", "app"), libc, libc, main]]);
  assert.deepEqual(shortcomings(Int32Array.from([0]), start).reasons, {});
});

test("a function that is inlined is another row than the same one called, of kind `inlined`", () => {
  const table = new FrameTable();
  const f = user("f", "app");
  assert.deepEqual(
    [f, { ...f, inlined: true as const }, f].map((frame) => table.intern(frame)),
    [0, 1, 0],
  );
  assert.deepEqual(table.kind, ["user", "inlined"]);
  assert.notEqual(table.id[0], table.id[1]);
});

test("a window without samples lacks nothing", () => {
  assert.deepEqual(shortcomings(new Int32Array(0), named([])), { ends: {}, stops: {}, reasons: {} });
});
