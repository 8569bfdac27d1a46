import assert from "node:assert/strict";
import test from "node:test";
import { DataFrame, dfd, type Series } from "../../../kernel/dataframe/danfojs/index.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { seeded } from "../../helpers/mutate.js";
import { randomProfile } from "../../helpers/random-profile.js";

/**
 * Each verb on a ProfileFrame and on a plain frame of danfojs with the same rows, on random profiles free of what danfojs
 * gets wrong: no empty results, no missing values, no separators in names.
 */
type Verb = (frame: DataFrame, random: () => number) => unknown;

const ROUNDS = 25;
const TEXTS = ["process", "comm", "leaf", "module", "kind", "end"];
const NUMBERS = ["pid", "tid", "depth", "samples", "time_ms"];

function pick<T>(random: () => number, from: readonly T[]): T {
  return from[Math.floor(random() * from.length)];
}

function keys(random: () => number): string[] {
  return [...new Set(Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(random, TEXTS)))];
}

/** A bound that at least one row fulfils with `ge`, and another one with `le`. */
function bound(frame: DataFrame, name: string, random: () => number): number {
  return pick(random, frame.column(name).values as number[]);
}

/** Rows without their order, which is that of an object's keys with danfojs, and columns without theirs. */
function anyOrder(frame: DataFrame): string[] {
  const names = frame.columns.map(
    (name) => ({ applyOps: "size" })[name] ?? name.replace(/_(Group|apply)$/, ""),
  );
  return (frame.values as unknown[][])
    .map((row) => new Map(names.map((name, i) => [name, rounded(row[i])])))
    .map((row) => JSON.stringify([...row].sort()))
    .sort();
}

const GROUPED = ["sum", "mean", "min", "max", "count", "std", "var"] as const;

const VERBS: Record<string, Verb> = {
  shape: (frame) => frame.shape,
  columns: (frame) => [frame.columns, frame.dtypes.length],
  values: (frame) => frame.values,
  column: (frame, random) => frame.column(pick(random, [...TEXTS, ...NUMBERS])),
  head: (frame, random) => frame.head(1 + Math.floor(random() * frame.shape[0])),
  tail: (frame, random) => frame.tail(1 + Math.floor(random() * frame.shape[0])),
  query: (frame, random) => {
    const name = pick(random, NUMBERS);
    return frame.query((frame.column(name) as Series).ge(bound(frame, name, random)));
  },
  "query of two conditions": (frame, random) => {
    const name = pick(random, NUMBERS);
    const row = Math.floor(random() * frame.shape[0]);
    const text = frame.comm.values[row] as string;
    const number = frame.column(name).values[row] as number;
    const one = frame.query(frame.comm.eq(text).and(frame.column(name).le(number)));
    const other = frame.query(frame.comm.eq(text).or(frame.column(name).gt(number)));
    return [one, other];
  },
  sortValues: (frame, random) => {
    const by = pick(random, NUMBERS);
    return [frame.sortValues(by), frame.sortValues(by, { ascending: false }).column(by)];
  },
  "sort in place": (frame, random) => {
    const copy = frame.copy();
    copy.sortValues(pick(random, NUMBERS), { inplace: true });
    return copy;
  },
  ...Object.fromEntries(
    GROUPED.map((aggregation): [string, Verb] => [
      `groupby ${aggregation}`,
      (frame, random) => anyOrder(frame.groupby(keys(random)).col(["samples", "depth"])[aggregation]()),
    ]),
  ),
  "groupby agg": (frame, random) =>
    anyOrder(frame.groupby(keys(random)).agg({ samples: ["sum", "max"], depth: "mean", tid: "count" })),
  "groupby size": (frame, random) => anyOrder(frame.groupby([pick(random, TEXTS)]).size() as DataFrame),
  "groupby cumulative": (frame, random) => {
    const groups = frame.groupby([pick(random, TEXTS)]).col(["samples"]);
    return [groups.cumSum(), groups.cumMax(), groups.cumMin()].map((part) => anyOrder(part as DataFrame));
  },
  "groupby getGroup": (frame, random) => {
    const key = pick(random, TEXTS);
    return anyOrder(frame.groupby([key]).getGroup([pick(random, frame.column(key).values as string[])]));
  },
  "groupby apply": (frame, random) =>
    anyOrder(frame.groupby([pick(random, TEXTS)]).apply((rows: DataFrame) => rows.head(1)) as DataFrame),
  ...Object.fromEntries(
    (["inner", "left", "right", "outer"] as const).map((how): [string, Verb] => [
      `merge ${how}`,
      (frame, random) => {
        const columns = ["comm", "module", "samples", "tid"];
        const half = frame.head(1 + Math.floor(random() * frame.shape[0]));
        const right = half.loc({ columns: ["module", "comm", "samples", "depth"] });
        const odd = new DataFrame([["elsewhere", "nobody", 3, 4]], { columns: right.columns });
        const more = dfd.concat({ dfList: [right, odd], axis: 0 }) as DataFrame;
        const on = random() < 0.5 ? ["comm"] : ["comm", "module"];
        const others = frame.columns.filter((name) => !columns.includes(name));
        if (!(frame instanceof ProfileFrame))
          return anyOrder(dfd.merge({ left: frame.loc({ columns }), right: more, on, how }));
        const joined = dfd.merge({ left: frame, right: more.rename({ samples: "samples_1" }), on, how });
        return anyOrder(
          joined
            .loc({ columns: joined.columns.filter((name) => !others.includes(name) || name === "depth_1") })
            .rename({ depth_1: "depth" }),
        );
      },
    ]),
  ),
  sample: (frame, random) =>
    frame.sample(1 + Math.floor(random() * frame.shape[0]), { seed: 1 + Math.floor(random() * 99) }),
  "Series valueCounts": (frame, random) => {
    const counts = frame.column(pick(random, TEXTS)).valueCounts();
    return counts.index.map((label, i) => `${label}: ${counts.values[i]}`).sort();
  },
  "Series statistics": (frame, random) => {
    const column = frame.column(pick(random, NUMBERS));
    return [
      column.sum(),
      column.mean(),
      column.max(),
      column.min(),
      column.std(),
      column.median(),
      column.nUnique(),
    ];
  },
  "Series text": (frame) => [frame.stack.str.len(), frame.comm.str.toUpperCase(), frame.comm.unique()],
  "Series in place": (frame) => {
    const column = frame.copy().samples;
    column.mul(3, { inplace: true });
    return column;
  },
  describe: (frame) => frame.describe(),
  // danfojs has the names of its formats the wrong way round.
  toJSON: (frame) =>
    frame instanceof ProfileFrame
      ? [frame.toJSON({ format: "row" }), frame.toJSON(), dfd.toJSON(frame)]
      : [dfd.toJSON(frame), dfd.toJSON(frame, { format: "row" }), dfd.toJSON(frame)],
  toCSV: (frame) => (dfd.toCSV(frame) as string).replaceAll("\r\n", "\n").replace(/\n$/, ""),
  iloc: (frame, random) => frame.iloc({ rows: [Math.floor(random() * frame.shape[0])], columns: [0, 4, 9] }),
  loc: (frame) => frame.loc({ rows: [0], columns: ["comm", "samples"] }),
  "at, iat": (frame) => [frame.at(0, "comm"), frame.iat(0, 1)],
  drop: (frame, random) => frame.drop({ columns: [pick(random, TEXTS)] }),
  "drop rows": (frame) => frame.drop({ index: [0] }),
  rename: (frame) => frame.rename({ comm: "thread" }),
  addColumn: (frame) => frame.addColumn("twice", frame.samples.mul(2)),
  setColumn: (frame) => {
    const copy = frame.copy();
    copy["samples"] = frame.depth.add(frame.samples);
    return copy;
  },
  setIndex: (frame) => {
    const index = Array.from({ length: frame.shape[0] }, (_, row) => `row ${(row * 7) % 101}`);
    const set = frame.setIndex({ index });
    return [set, set.index, set.resetIndex().index, set.sortIndex().index];
  },
  append: (frame) => frame.append([frame.values[0] as never], [frame.shape[0]]),
  concat: (frame) => dfd.concat({ dfList: [frame.head(1), frame.tail(1)], axis: 0 }),
  "apply, applyMap": (frame) => [
    numbers(frame).apply((row: number[]) => row[0] + row[1], { axis: 1 }),
    numbers(frame).applyMap((value: number) => value + 1),
  ],
  arithmetic: (frame) => [numbers(frame).add(1), numbers(frame).mul(numbers(frame)), numbers(frame).gt(2)],
  statistics: (frame) => [
    numbers(frame).sum(),
    numbers(frame).mean(),
    numbers(frame).max(),
    numbers(frame).cumSum(),
  ],
  "isNa, dropNa, fillNa": (frame) => [frame.isNa(), frame.dropNa({ axis: 1 }), frame.fillNa(0)],
  "replace, asType": (frame) => [
    frame.replace("user", "own", { columns: ["kind"] }),
    frame.asType("samples", "string"),
  ],
  "transpose, nUnique": (frame) => [numbers(frame).transpose(), frame.nUnique(0)],
  selectDtypes: (frame) => frame.loc({ columns: NUMBERS }).selectDtypes(["int32"]).columns.length > 0,
  getDummies: (frame) => frame.getDummies({ columns: ["kind"] }),
};

function numbers(frame: DataFrame): DataFrame {
  return frame.loc({ columns: ["depth", "samples"] });
}

test("verb by verb, a ProfileFrame gives what danfojs gives", async (t) => {
  for (const [name, verb] of Object.entries(VERBS)) {
    await t.test(name, async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const seed = 1000 + round;
        const { ours, theirs } = frames(seeded(seed));
        const [mine, reference] = [await verb(ours, seeded(seed)), await verb(theirs, seeded(seed))];
        assert.deepEqual(comparable(mine), comparable(reference), `seed ${seed}`);
      }
    });
  }
});

function frames(random: () => number): { ours: ProfileFrame; theirs: DataFrame } {
  const shape = {
    samples: 20 + Math.floor(random() * 60),
    stacks: 12,
    functions: 9,
    threads: 5,
    maxDepth: 5,
  };
  const ours = ProfileFrame.fromProfile(randomProfile(random, shape));
  return { ours, theirs: new DataFrame(structuredClone(ours.values), { columns: ours.columns.slice() }) };
}

/** Frames and Series as plain values; of numbers, the digits that do not hang on the order of a sum. */
function comparable(value: unknown): unknown {
  if (value instanceof DataFrame)
    return { columns: value.columns, index: value.index, rows: comparable(value.values), shape: value.shape };
  if (value instanceof dfd.Series) return { index: value.index, values: comparable(value.values) };
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, comparable(item)]));
  return rounded(value);
}

function rounded(value: unknown): unknown {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  return typeof value === "number" ? Number(value.toPrecision(9)) : value;
}
