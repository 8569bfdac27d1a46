import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_FRAMES, SAMPLE } from "../../../bpf/sampler/layout.js";
import { MAX_INLINED_STACK, StackNamer } from "../../../bpf/sampler/naming.js";
import { StackTable } from "../../../bpf/sampler/stack-table.js";
import type { ResolvedFrame, Symbolizer } from "../../../bpf/symbols/symbolizer.js";

/** Names a stack of so many addresses, the leaf first at 0x1000; at each one so many functions are inlined. */
async function named(depth: number, inlined: number): Promise<string[]> {
  const stacks = new StackTable();
  const record = new DataView(new ArrayBuffer(SAMPLE.addresses + 8 * depth));
  record.setInt32(SAMPLE.user_bytes, 8 * depth, true);
  for (let i = 0; i < depth; i++)
    record.setBigUint64(
      SAMPLE.addresses + 8 * i,
      i > 0 ? BigInt(0x1000 * (i + 1) + 1) : 0x1000n | (1n << 63n),
      true,
    );
  const raw = stacks.intern(new Uint32Array(record.buffer), 0, 0);
  const symbolizer = {
    user(_pid: number, _mappings: unknown, address: number): ResolvedFrame[] {
      const common = { module: "m", kind: "user" } as const;
      const inside = Array.from({ length: inlined }, (_, i) => ({ name: `i${i}`, inlined: true as const }));
      return [{ name: `f${address / 0x1000}` }, ...inside].map((frame) => ({ ...common, ...frame }));
    },
  } as Pick<Symbolizer, "user"> as Symbolizer;
  const namer = new StackNamer(stacks, { get: () => undefined }, symbolizer, { frequencyHz: 99 });
  const { stacks: rows, frames } = await namer.name([raw]);
  return Array.from(rows.frames, (row) => frames.name[row]);
}

test("inlined functions follow the one that contains them, from the root to the leaf", async () => {
  assert.deepEqual(await named(2, 2), ["f2", "i0", "i1", "f1", "i0", "i1"]);
});

test("a stack with more inlined functions than any program has keeps all its own, and some of those", async () => {
  const frames = await named(MAX_FRAMES, 63);
  assert.ok(frames.length <= MAX_INLINED_STACK, `${frames.length} frames`);
  const own = frames.filter((name) => name.startsWith("f"));
  assert.deepEqual(
    own,
    Array.from({ length: MAX_FRAMES }, (_, i) => `f${MAX_FRAMES - i}`),
  );
  assert.ok(frames.length > MAX_FRAMES + 300);
});
