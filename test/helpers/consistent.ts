import assert from "node:assert/strict";
import type { ProfileData } from "../../kernel/dataframe/profile-data.js";

/** What the tables promise each other, so that nothing that uses them reads past an end. */
export function assertConsistent({ samples, stacks, frames, threads }: ProfileData): void {
  const within = (rows: Int32Array, count: number) => rows.every((row) => row >= 0 && row < count);
  const count = samples.stack.length;
  for (const column of [
    samples.atMs,
    samples.cpu,
    samples.thread,
    samples.weight,
    samples.count ?? samples.cpu,
  ])
    assert.equal(column.length, count);
  assert.ok(within(samples.stack, stacks.end.length) && within(samples.thread, threads.pid.length));
  assert.ok(within(stacks.frames, frames.name.length));
  assert.equal(stacks.offsets.length, stacks.end.length + 1);
  assert.ok(stacks.offsets.every((offset, i) => i === 0 || offset >= stacks.offsets[i - 1]));
  assert.equal(stacks.offsets.at(-1), stacks.frames.length);
  assert.ok(
    samples.weight.every((weight) => Number.isFinite(weight) && weight >= 0),
    "weights",
  );
  assert.ok(samples.count?.every((value) => Number.isFinite(value) && value >= 0) ?? true, "counts");
  assert.ok(
    frames.line.every((line) => line === null || Number.isFinite(line)),
    "lines",
  );
  assert.ok(
    frames.name.every((name) => typeof name === "string"),
    "names",
  );
}
