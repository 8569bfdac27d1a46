import type { NamedColumn } from "../columns/column.js";
import type { ProfileData } from "../profile-data.js";
import { ProfileLink } from "../profile-link.js";
import { foldedStack } from "../profile-rows.js";
import { timeMs } from "../time.js";

/** What makes a row of a profile, and its sums. */
const THREAD = ["pid", "tid", "process", "comm"] as const;

/**
 * Ties the rows of a result to stacks, so that they can be drawn, where it has the columns `stack` and `samples`.
 *
 * Rows that are those of the frame stand for the same samples. Others stand for the sums that they have: of the threads
 * that they name, without times. Undefined where a row has no stack of this profile, or no number of samples.
 */
export function resultLink(columns: readonly NamedColumn[], asked: ProfileLink): ProfileLink | undefined {
  if (!resultStacks(columns)) return undefined;
  return sameRows(columns, asked) ?? sumsLink(columns, asked.rows.data);
}

/** The stacks of a result's rows; undefined where it has none, or no number of samples for each. */
export function resultStacks(columns: readonly NamedColumn[]): readonly string[] | undefined {
  const [stack, samples] = ["stack", "samples"].map((name) => valuesOf(columns, name));
  const isText = stack?.every((value) => typeof value === "string");
  const isCount = samples?.every((value) => typeof value === "number" && value >= 0);
  return isText && isCount ? (stack as string[]) : undefined;
}

/** The values of a column of a result; undefined where it does not have it. */
export function valuesOf(columns: readonly NamedColumn[], wanted: string): unknown[] | undefined {
  return columns.find(({ name }) => name === wanted)?.column.toArray();
}

/** The rows of the frame that the result has, found by their threads, stacks and samples. */
function sameRows(columns: readonly NamedColumn[], asked: ProfileLink): ProfileLink | undefined {
  const wanted = [...THREAD, "stack_id", "samples"].map(
    (name) => columns.find((column) => column.name === name)?.column,
  );
  if (!asked.single || wanted.includes(undefined)) return undefined;
  const { data, thread, stack, samples } = asked.rows;
  const known = new Map<string, number>();
  for (const [position, row] of asked.members.entries()) {
    const [t, s] = [thread[row], stack[row]];
    const { threads, stacks } = data;
    const key = [
      threads.pid[t],
      threads.tid[t],
      threads.process[t],
      threads.comm[t],
      stacks.id[s],
      samples[row],
    ];
    known.set(key.join("\0"), position);
  }
  const positions = new Int32Array(wanted[0]!.length);
  for (let row = 0; row < positions.length; row++) {
    const position = known.get(wanted.map((column) => column!.at(row)).join("\0"));
    if (position === undefined) return undefined;
    positions[row] = position;
  }
  return new Set(positions).size === positions.length ? asked.take(positions) : undefined;
}

/** Rows that stand for the sums that they have. @param data The stacks that they may be of. */
export function sumsLink(columns: readonly NamedColumn[], data: ProfileData): ProfileLink | undefined {
  const texts = resultStacks(columns);
  if (!texts) return undefined;
  const stack = stackRows(data, texts, valuesOf(columns, "stack_id"));
  if (stack.includes(-1)) return undefined;
  const samples = Float64Array.from(valuesOf(columns, "samples") as number[]);
  const time = valuesOf(columns, "time_ms");
  const [pid, tid, process, comm] = THREAD.map((name) => valuesOf(columns, name));
  const threads = new Map<string, number>();
  const first: number[] = [];
  const thread = stack.map((_, i) => {
    const key = [pid, tid, process, comm].map((values) => values?.[i]).join("\0");
    if (!threads.has(key)) threads.set(key, first.push(i) - 1);
    return threads.get(key)!;
  });
  const number = (values: unknown[] | undefined) => Int32Array.from(first, (i) => Number(values?.[i] ?? -1));
  const text = (values: unknown[] | undefined) => first.map((i) => String(values?.[i] ?? ""));
  const msOfOne = timeMs(1, data.meta);
  const weight = samples.map((count, i) =>
    time && msOfOne > 0 ? Number(time[i]) / msOfOne : count * data.meta.period,
  );
  const made: ProfileData = {
    ...data,
    samples: {
      atMs: new Float64Array(stack.length).fill(Number.NaN),
      cpu: new Int32Array(stack.length).fill(-1),
      thread,
      stack,
      weight,
      count: samples,
    },
    threads: { pid: number(pid), tid: number(tid), process: text(process), comm: text(comm) },
  };
  // Rows of one thread and stack stay apart, as they differ in a column of the user's own, such as a second.
  const ofSample = Int32Array.from(stack.keys());
  return ProfileLink.all({ data: made, length: stack.length, thread, stack, samples, weight, ofSample });
}

/** The stack of each row, by its id where the result has it: two of one text may differ in their modules. -1 for none. */
function stackRows(data: ProfileData, texts: readonly string[], ids: unknown[] | undefined): Int32Array {
  const folded = data.stacks.end.map((_, row) => foldedStack(data, row));
  const ofText = new Map(folded.map((text, row) => [text, row] as const).reverse());
  const ofId = new Map(ids && Array.from(data.stacks.id, (id, row) => [String(id), row]));
  return Int32Array.from(texts, (text, i) => {
    const row = ofId.get(String(ids?.[i]));
    return row !== undefined && folded[row] === text ? row : (ofText.get(text) ?? -1);
  });
}
