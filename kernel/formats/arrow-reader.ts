import { type Batch, type Column, type Table, tableFromIPC } from "@uwdata/flechette";
import type { FrameKind, ProfileData } from "../dataframe/profile-data.js";
import { checkArrowStream } from "./arrow-check.js";
import { ARROW, statedMeta } from "./arrow-meta.js";
import { ARROW_META } from "./arrow-writer.js";
import { codeOfModule } from "./code-kind.js";
import { FormatError, type FormatSource } from "./format-error.js";
import { MAX_DEPTH, type NewFrame, ProfileBuilder, UNKNOWN_END } from "./profile-builder.js";
import { readMeta } from "./read-meta.js";

/** With what Arrow's file format begins: a stream between two of these. */
const MAGIC = "ARROW1";
const KINDS = new Set<unknown>(["user", "kernel", "jit", "inlined"]);

export function isArrow(bytes: Uint8Array): boolean {
  return isFile(bytes) || (bytes.length > 8 && bytes.subarray(0, 4).every((byte) => byte === 0xff));
}

/**
 * Reads an Arrow table with a column `stack` of folded stacks, a row a thread and stack: what `toArrow()` writes, and what
 * another program made of it, in a stream or a file. `samples`, `time_ms`, `pid`, `tid`, `process`, `comm` and `end` are
 * read where they are there; `frames` and the samples of each row where nothing has taken them off.
 */
export function readArrow({ file, bytes }: FormatSource): ProfileData {
  const fail = (at: number, problem: string): never => {
    throw new FormatError(file, ARROW, `byte ${at}`, problem);
  };
  const skipped = isFile(bytes) ? 8 : 0;
  const stream = bytes.slice(skipped); // a decoder's typed arrays need it aligned
  const end = checkArrowStream(stream, (at, problem) => fail(skipped + at, problem));
  const builder = new ProfileBuilder(bytes.length, (limit) => fail(0, `expected ${limit}`));
  try {
    const table = tableFromIPC(stream.subarray(0, end), { useBigInt: false });
    return readTable(table, builder, file, fail);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    return fail(skipped, `expected an Arrow table: ${(error as Error).message}`);
  }
}

type Fail = (at: number, problem: string) => never;

function readTable(table: Table, builder: ProfileBuilder, file: string, fail: Fail): ProfileData {
  const column = (name: string): unknown[] | undefined => {
    const found = table.getChild(name);
    return found ? Array.from(found.toArray() as ArrayLike<unknown>) : undefined;
  };
  const names = table.schema.fields.map(({ name }) => name).join(", ");
  const stack = column("stack") ?? fail(0, `expected a column "stack" of folded stacks among ${names}`);
  const samples = column("samples");
  const timeMs = column("time_ms");
  const whole = wholeRows(table, stack.length);
  const text = (values: unknown[] | undefined, row: number): string =>
    typeof values?.[row] === "string" ? values[row] : "";
  const id = (values: unknown[] | undefined, row: number): number => {
    const value = Number(values?.[row] ?? -1);
    return Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? value : -1;
  };
  const [pid, tid, process, comm, ends] = ["pid", "tid", "process", "comm", "end"].map(column);
  for (let row = 0; row < stack.length; row++) {
    const folded = text(stack, row);
    const frames = whole.frames?.(row) ?? (folded === "" ? [] : folded.split(";").map(bareFrame));
    if (frames.length > MAX_DEPTH) fail(0, `expected at most ${MAX_DEPTH} frames in a stack`);
    const place = {
      thread: builder.thread(id(pid, row), id(tid, row), text(process, row), text(comm, row)),
      stack: builder.stack(
        frames.map((frame) => builder.frame(frame)),
        text(ends, row) || UNKNOWN_END,
      ),
    };
    const list = whole.samples?.(row);
    if (list) for (const sample of list) builder.sample({ ...place, ...sample });
    else {
      const count =
        amount(samples ? samples[row] : 1) ?? fail(0, `expected a number of samples in row ${row}`);
      const ms = amount(timeMs?.[row]);
      if (count > 0) builder.sample({ ...place, count, weight: ms === undefined ? count : ms * 1e6 });
    }
  }
  const isTime = timeMs?.some((ms) => amount(ms) !== undefined);
  const count = builder.samples;
  const facts = { file, format: ARROW, event: "samples", samples: count };
  const stated = table.schema.metadata?.get(ARROW_META);
  return builder.build(
    stated === undefined
      ? readMeta({ ...facts, ...(isTime ? {} : { unit: "samples" }) })
      : statedMeta(stated, file, count),
  );
}

/** Frames with all that is known of them, and samples, of each row; as far as the columns are there and of their types. */
function wholeRows(table: Table, length: number) {
  const list = <Item>(name: string, item: (child: Batch<unknown>, i: number) => Item) =>
    listColumn(table.getChild(name) ?? undefined, length, item);
  const frames = list("frames", (child, i) => frameAt(child, i));
  const number = (child: Batch<unknown>, i: number) =>
    child.at(i) === null ? Number.NaN : Number(child.at(i));
  const [atMs, cpu, weight, count] = ["sample_at_ms", "sample_cpu", "sample_weight", "sample_count"].map(
    (name) => list(name, number),
  );
  const samples = (row: number) => {
    const weights = weight?.(row);
    const [ats, cpus, counts] = [atMs?.(row), cpu?.(row), count?.(row)];
    return weights?.map((value, i) => {
      const sample = {
        atMs: ats?.[i] ?? Number.NaN,
        cpu: cpus?.[i] ?? -1,
        weight: value,
        count: counts?.[i] ?? 1,
      };
      const isCpu = Number.isInteger(sample.cpu) && Math.abs(sample.cpu) < 2 ** 31;
      if (amount(value) === undefined || amount(sample.count) === undefined || !isCpu)
        throw new Error(`no sample: ${JSON.stringify(sample)}`);
      return sample;
    });
  };
  return { frames, samples: weight ? samples : undefined };
}

/** Lists of a column by row, each checked to be within its items. */
function listColumn<Item>(
  column: Column<unknown> | undefined,
  length: number,
  item: (child: Batch<unknown>, i: number) => Item,
): ((row: number) => Item[]) | undefined {
  if (!column || column.length !== length) return undefined;
  const rows: (() => Item[])[] = [];
  for (const batch of column.data as unknown as {
    length: number;
    offsets?: ArrayLike<number>;
    children?: Batch<unknown>[];
  }[]) {
    const { offsets, children } = batch;
    if (!offsets || !children || children.length !== 1) return undefined;
    let before = 0;
    for (let i = 0; i < batch.length; i++) {
      const [start, end] = [Number(offsets[i]), Number(offsets[i + 1])];
      if (!(start >= before && start <= end && end <= children[0].length))
        throw new Error(`list ${i} is from ${start} to ${end}`);
      before = end;
      rows.push(() => Array.from({ length: end - start }, (_, k) => item(children[0], start + k)));
    }
  }
  return (row) => rows[row]();
}

function frameAt(child: Batch<unknown>, i: number): NewFrame {
  const value = (child.at(i) ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof value[name] === "string" ? value[name] : null);
  const number = (name: string) => amount(value[name]) ?? null;
  const kind = KINDS.has(value.kind) ? (value.kind as FrameKind) : codeOfModule(text("module") ?? "").kind;
  const { line, column } = { line: number("line"), column: number("column") };
  return {
    name: text("name") ?? "[unknown]",
    module: text("module") ?? "",
    kind,
    file: text("file"),
    line,
    column,
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

function isFile(bytes: Uint8Array): boolean {
  return (
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAGIC.length)).toString("latin1") ===
    MAGIC
  );
}
