import type { NamedColumn } from "../columns/column.js";
import type { ProfileData } from "../profile-data.js";
import { ProfileLink } from "../profile-link.js";
import { foldedStack, profileRows } from "../profile-rows.js";
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
  const column = (name: string) => columns.find((column) => column.name === name)?.column.toArray();
  const [stack, samples] = [column("stack"), column("samples")];
  const isCount = (value: unknown) => typeof value === "number" && value >= 0;
  if (!stack || !samples?.every(isCount)) return undefined;
  return (
    sameRows(columns, asked) ??
    sums(asked.rows.data, stack, samples as number[], { column, time: column("time_ms") })
  );
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

function sums(
  data: ProfileData,
  stack: readonly unknown[],
  samples: readonly number[],
  { column, time }: { column: (name: string) => unknown[] | undefined; time: unknown[] | undefined },
): ProfileLink | undefined {
  const stackOf = new Map(data.stacks.end.map((_, row) => [foldedStack(data, row), row] as const).reverse());
  const stacks = stack.map((text) => stackOf.get(text as string) ?? -1);
  if (stacks.includes(-1)) return undefined;
  const [pid, tid, process, comm] = THREAD.map(column);
  const number = (values: unknown[] | undefined) =>
    Int32Array.from(stack, (_, i) => Number(values?.[i] ?? -1));
  const text = (values: unknown[] | undefined) => stack.map((_, i) => String(values?.[i] ?? ""));
  const msOfOne = timeMs(1, data.meta);
  // One thread a row: rows that differ in a column of their own, such as a second, stay apart.
  const made: ProfileData = {
    ...data,
    samples: {
      atMs: new Float64Array(stack.length).fill(Number.NaN),
      cpu: new Int32Array(stack.length).fill(-1),
      thread: Int32Array.from(stack.keys()),
      stack: Int32Array.from(stacks),
      weight: Float64Array.from(samples, (count, i) =>
        time && msOfOne > 0 ? Number(time[i]) / msOfOne : count * data.meta.period,
      ),
      count: Float64Array.from(samples),
    },
    threads: { pid: number(pid), tid: number(tid), process: text(process), comm: text(comm) },
  };
  const rows = profileRows(made);
  return ProfileLink.all(rows).take(rows.ofSample);
}
