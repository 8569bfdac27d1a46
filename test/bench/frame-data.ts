import { tableFromIPC } from "@uwdata/flechette";
import { encodeResultTables } from "../../bpf/sampler/result-tables.js";
import { profileDataFromTables } from "../../kernel/dataframe/arrow.js";
import { ColumnFrame } from "../../kernel/dataframe/column-frame.js";
import { NumberColumn } from "../../kernel/dataframe/columns/number-column.js";
import { TextColumn } from "../../kernel/dataframe/columns/text-column.js";
import type { ProfileData } from "../../kernel/dataframe/profile-data.js";
import { leafOf, repeating } from "../../kernel/dataframe/profile-rows.js";
import { seeded } from "../helpers/mutate.js";
import { randomProfile } from "../helpers/random-profile.js";

const COMMS = 20;
const MODULES = 200;

/** A profile as the sampler sends it: Arrow, and what else is known of it. */
export interface Sent {
  readonly tables: ReturnType<typeof encodeResultTables>;
  readonly meta: ProfileData["meta"];
}

export function sentProfile(samples: number): Sent {
  const shape = { samples, stacks: 8000, functions: 3000, threads: 50, maxDepth: 50 };
  const { frames, threads, ...data } = randomProfile(seeded(1), shape);
  const module = frames.name.map((_, i) => `/usr/lib/x86_64-linux-gnu/lib${i % MODULES}.so.6`);
  const name = frames.name.map(
    (text, i) => `std::vector<int, std::allocator<int>>::${text}(unsigned long, ${i})`,
  );
  const comm = threads.comm.map((_, i) => `worker-${i % COMMS}`);
  // Nanoseconds, whole as a clock's are; each its own, so that there is something to sort by.
  const random = seeded(2);
  const weight = data.samples.weight.map(() => Math.round(1e6 * (0.5 + random())));
  const tables = encodeResultTables({
    ...data,
    samples: { ...data.samples, weight },
    frames: { ...frames, name, module },
    threads: { ...threads, comm },
  });
  return { tables, meta: data.meta };
}

export function decoded({ tables, meta }: Sent): ProfileData {
  return profileDataFromTables(tables, meta);
}

/** One row a sample, as plain arrays, read from the same Arrow: what danfojs and arquero are given. */
export function sampleArrays(sent: Sent): Record<string, (number | string)[]> {
  const { tables } = sent;
  const { samples } = decoded(sent);
  const open = (table: keyof Sent["tables"]) => {
    const read = tableFromIPC(tables[table]);
    return (name: string) => Array.from(read.getChild(name).toArray() as unknown as ArrayLike<never>);
  };
  const [stacks, frames, threads] = (["stacks", "frames", "threads"] as const).map(open);
  const thread = Array.from(samples.thread);
  const stack = Array.from(samples.stack);
  const leaves = (stacks("frames") as ArrayLike<number>[]).map((list) => list[list.length - 1]);
  const by = (column: (number | string)[], rows: number[]) => rows.map((row) => column[row]);
  const leaf = stack.map((row) => leaves[row]);
  return {
    at_ms: Array.from(samples.atMs),
    cpu: Array.from(samples.cpu),
    pid: by(threads("pid"), thread),
    tid: by(threads("tid"), thread),
    comm: by(threads("comm"), thread),
    leaf: by(frames("name"), leaf),
    module: by(frames("module"), leaf),
    weight: Array.from(samples.weight),
  };
}

/** One row a sample, with text by the codes that the profile has: what our verbs work on. */
export function sampleFrame(data: ProfileData): ColumnFrame {
  const { samples, threads, frames } = data;
  const leaf = samples.stack.map((stack) => leafOf(data, stack));
  const number = (name: string, values: Int32Array | Float64Array) => ({
    name,
    column: new NumberColumn(values),
  });
  const text = (name: string, codes: Int32Array, texts: readonly string[]) => ({
    name,
    column: new TextColumn(codes, repeating(texts)),
  });
  return new ColumnFrame([
    number("at_ms", samples.atMs),
    number("cpu", samples.cpu),
    number(
      "pid",
      samples.thread.map((t) => threads.pid[t]),
    ),
    number(
      "tid",
      samples.thread.map((t) => threads.tid[t]),
    ),
    text("comm", samples.thread, threads.comm),
    text("leaf", leaf, frames.name),
    text("module", leaf, frames.module),
    number("weight", samples.weight),
  ]);
}

/** The same with typed columns of numbers, as arquero and polars are quickest. */
export function typedArrays(sent: Sent): Record<string, (number | string)[] | Float64Array | Int32Array> {
  const columns = sampleArrays(sent);
  const floats = (name: string) => Float64Array.from(columns[name] as number[]);
  const integers = (name: string) => Int32Array.from(columns[name] as number[]);
  return {
    ...columns,
    at_ms: floats("at_ms"),
    cpu: integers("cpu"),
    pid: integers("pid"),
    tid: integers("tid"),
    weight: floats("weight"),
  };
}
