import assert from "node:assert/strict";
import { test } from "node:test";
import { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import "../../../kernel/dataframe/danfojs-functions.js";
import type { Series } from "../../../kernel/dataframe/danfojs/index.js";
import { seeded } from "../../helpers/mutate.js";

type Value = number | string | null;
const COMPARISONS: Record<string, (a: Value, b: Value) => boolean> = {
  lt: (a, b) => a! < b!,
  le: (a, b) => a! <= b!,
  gt: (a, b) => a! > b!,
  ge: (a, b) => a! >= b!,
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
};
const TEXTS = ["", "a", "b", "constructor", null];
type Comparable = Record<string, (other: unknown) => Series>;

const compare = (frame: ColumnFrame, column: string, comparison: string, other: Value) =>
  (frame.column(column) as unknown as Comparable)[comparison](other);

/** Whole and broken numbers, texts, both with gaps: each kind of column. */
function randomFrame(random: () => number, length: number): ColumnFrame {
  const below = (limit: number) => Math.floor(random() * limit);
  return ColumnFrame.of({
    whole: Int32Array.from({ length }, () => below(4) - 1),
    broken: Float64Array.from({ length }, () => [Number.NaN, -0, 0, 0.5, 2][below(5)]),
    text: Array.from({ length }, () => TEXTS[below(TEXTS.length)]),
    mixed: Array.from({ length }, () => [1, "a", null][below(3)]),
  });
}

test("a condition on a column selects what the comparison of its values does", () => {
  const random = seeded(7);
  for (let round = 0; round < 200; round++) {
    const frame = randomFrame(random, Math.floor(random() * 40));
    for (const column of frame.columns)
      for (const [comparison, holds] of Object.entries(COMPARISONS))
        for (const other of [0, 1, 0.5, "a", ""]) {
          const found = frame.query(compare(frame, column, comparison, other)).index;
          const values = frame.column(column).values as Value[];
          const expected = values.flatMap((value, row) => (holds(value, other) ? [row] : []));
          assert.deepEqual(found, expected, `${column} ${comparison} ${JSON.stringify(other)}: ${values}`);
        }
  }
});

test("conditions are joined row by row, as lists and before they are any", () => {
  const random = seeded(8);
  for (let round = 0; round < 200; round++) {
    const frame = randomFrame(random, Math.floor(random() * 40));
    const [one, other] = [frame.column("whole").gt(0), compare(frame, "text", "eq", "a")];
    if (round % 2 === 0) assert.equal((one.values as boolean[]).length, frame.shape[0]);
    const rows = [...frame].map(({ whole, text }) => [whole > 0, text === "a"]);
    const where = (holds: (flags: boolean[]) => boolean) =>
      rows.flatMap((flags, row) => (holds(flags) ? [row] : []));
    assert.deepEqual(
      frame.query(one.and(other)).index,
      where(([a, b]) => a && b),
    );
    assert.deepEqual(
      frame.query(one.or(other)).index,
      where(([a, b]) => a || b),
    );
    assert.deepEqual(
      one.or(other).values,
      rows.map(([a, b]) => a || b),
    );
  }
});

test("a Series shows the labels and values of the frame that it is a column of", () => {
  const frame = ColumnFrame.of({ a: [1, 2, 3] });
  const [before, changed] = [frame.column("a"), frame.column("a")];
  frame.setIndex({ index: ["x", "y", "z"], inplace: true });
  assert.deepEqual(before.index, [0, 1, 2]);
  assert.deepEqual(frame.column("a").index, ["x", "y", "z"]);
  assert.deepEqual(frame.column("a").gt(1).index, ["x", "y", "z"]);
  (changed.values as number[])[0] = 9;
  assert.deepEqual(changed.gt(2).values, [true, false, true]);
});
