import type { FrameKind, ProfileData } from "../dataframe/profile-data.js";
import { codeOfModule } from "./code-kind.js";
import { MAX_DEPTH, type NewFrame, type ProfileBuilder, UNKNOWN_END } from "./profile-builder.js";
import { readMeta } from "./read-meta.js";
import { statedMeta } from "./stated-meta.js";

const KINDS = new Set<unknown>(["user", "kernel", "jit", "inlined"]);

/** A table with a row a thread and stack, as Arrow and Parquet have it. */
export interface StackTable {
  readonly names: readonly string[];
  /** The values of a column; undefined where the table does not have it. */
  column(name: string): ArrayLike<unknown> | undefined;
  /** The items of the list in each row of a column; undefined where it is none. */
  list(name: string): ((row: number) => readonly unknown[]) | undefined;
  /** What our writer said of the window, as JSON. */
  readonly stated: string | undefined;
}

/** Reads it. @param fail Throws the reader's error. */
export function readStackTable(
  table: StackTable,
  builder: ProfileBuilder,
  { file, format }: { file: string; format: string },
  fail: (problem: string) => never,
): ProfileData {
  const { column } = table;
  const stack =
    column("stack") ?? fail(`expected a column "stack" of folded stacks among ${table.names.join(", ")}`);
  const samples = column("samples");
  const timeMs = column("time_ms");
  const framesOf = table.list("frames");
  const samplesOf = sampleLists(table);
  const [pid, tid, process, comm, ends] = ["pid", "tid", "process", "comm", "end"].map(column);
  for (let row = 0; row < stack.length; row++) {
    const folded = text(stack, row);
    const frames = framesOf?.(row).map(frameOf) ?? (folded === "" ? [] : folded.split(";").map(bareFrame));
    if (frames.length > MAX_DEPTH) fail(`expected at most ${MAX_DEPTH} frames in a stack`);
    const place = {
      thread: builder.thread(id(pid, row), id(tid, row), text(process, row), text(comm, row)),
      stack: builder.stack(
        frames.map((frame) => builder.frame(frame)),
        text(ends, row) || UNKNOWN_END,
      ),
    };
    const list = samplesOf?.(row);
    if (list) for (const sample of list) builder.sample({ ...place, ...sample });
    else {
      const count = amount(samples ? samples[row] : 1) ?? fail(`expected a number of samples in row ${row}`);
      const ms = amount(timeMs?.[row]);
      if (count > 0) builder.sample({ ...place, count, weight: ms === undefined ? count : ms * 1e6 });
    }
  }
  const isTime = timeMs !== undefined && Array.from(timeMs).some((ms) => amount(ms) !== undefined);
  const count = builder.samples;
  const facts = { file, format, event: "samples", samples: count };
  return builder.build(
    table.stated === undefined
      ? readMeta({ ...facts, ...(isTime ? {} : { unit: "samples" }) })
      : statedMeta(table.stated, { file, format }, count),
  );
}

/** The samples of each row, where nothing has taken them off. */
function sampleLists({ list }: StackTable) {
  const [atMs, cpu, weight, count] = ["sample_at_ms", "sample_cpu", "sample_weight", "sample_count"].map(
    list,
  );
  if (!weight) return undefined;
  const number = (value: unknown) => (value === null || value === undefined ? Number.NaN : Number(value));
  return (row: number) => {
    const [ats, cpus, counts] = [atMs?.(row), cpu?.(row), count?.(row)];
    return weight(row).map((value, i) => {
      const sample = {
        atMs: number(ats?.[i]),
        cpu: cpus?.[i] === undefined ? -1 : number(cpus[i]),
        weight: number(value),
        count: counts?.[i] === undefined ? 1 : number(counts[i]),
      };
      const isCpu = Number.isInteger(sample.cpu) && Math.abs(sample.cpu) < 2 ** 31;
      if (amount(sample.weight) === undefined || amount(sample.count) === undefined || !isCpu)
        throw new Error(`no sample: ${JSON.stringify(sample)}`);
      return sample;
    });
  };
}

function text(values: ArrayLike<unknown> | undefined, row: number): string {
  const value = values?.[row];
  return typeof value === "string" ? value : "";
}

function id(values: ArrayLike<unknown> | undefined, row: number): number {
  const value = Number(values?.[row] ?? -1);
  return Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? value : -1;
}

function frameOf(item: unknown): NewFrame {
  const value = (item ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof value[name] === "string" ? value[name] : null);
  const number = (name: string) => amount(value[name]) ?? null;
  return {
    name: text("name") ?? "[unknown]",
    module: text("module") ?? "",
    kind: KINDS.has(value.kind) ? (value.kind as FrameKind) : codeOfModule(text("module") ?? "").kind,
    file: text("file"),
    line: number("line"),
    column: number("column"),
  };
}

function bareFrame(name: string): NewFrame {
  return { name, module: "", kind: "user", file: null, line: null, column: null };
}

/** A number of 0 or more that can be summed; undefined for anything else. */
function amount(value: unknown): number | undefined {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && number >= 0 && number < 1e30 ? number : undefined;
}
