import { ColumnFrame } from "./column-frame.js";
import type { Column, NamedColumn } from "./columns/column.js";
import { MixedColumn } from "./columns/mixed-column.js";
import { NumberColumn } from "./columns/number-column.js";
import { lazyTexts, TextColumn } from "./columns/text-column.js";
import { functionTotals } from "./function-totals.js";
import type { ProfileLink } from "./profile-link.js";
import { repeating } from "./profile-rows.js";
import { keptSamples } from "./selected-profile.js";
import { type Counts, zeros } from "./stack-totals.js";
import { timeMs } from "./time.js";

/** One row a sample, in the order of time; with `samples`, how many, where a file had only sums. */
export function samplesTable(link: ProfileLink): ColumnFrame {
  const { samples, stacks, threads } = link.rows.data;
  const kept = keptSamples(link);
  const column = (values: Int32Array | Float64Array) => {
    const all = new NumberColumn(values);
    return kept ? all.take(kept) : all;
  };
  const thread = column(samples.thread).values as Int32Array;
  const stack = column(samples.stack).values as Int32Array;
  // As text: 63 bits do not fit into a number.
  const stackIds = lazyTexts(stacks.end.length, (row) => String(stacks.id[row]));
  return new ColumnFrame([
    { name: "at_ms", column: column(samples.atMs) },
    { name: "cpu", column: column(samples.cpu) },
    { name: "pid", column: new NumberColumn(threads.pid).take(thread) },
    { name: "tid", column: new NumberColumn(threads.tid).take(thread) },
    { name: "stack_id", column: new TextColumn(stack, stackIds) },
    { name: "weight", column: column(samples.weight) },
    ...(samples.count ? [{ name: "samples", column: column(samples.count) }] : []),
  ]);
}

/** One row a function, with the samples in which it was innermost and in which it was anywhere; the largest `self` first. */
export function framesTable(link: ProfileLink): ColumnFrame {
  const { frames } = link.rows.data;
  const { rows, self, total } = functionTotals(link);
  return new ColumnFrame([
    ...functionColumns(link, rows),
    { name: "file", column: TextColumn.of(Array.from(rows, (f) => frames.file[f])) },
    { name: "line", column: lines(Array.from(rows, (f) => frames.line[f])) },
    { name: "self", column: new NumberColumn(self).take(rows) },
    { name: "total", column: new NumberColumn(total).take(rows) },
  ]);
}

/** The functions with the most samples of their own, with shares of all samples. */
export function topTable(link: ProfileLink, count: number): ColumnFrame {
  const { rows, self, total } = functionTotals(link);
  const top = rows.subarray(0, count);
  const all = link.samples;
  const percent = (values: Counts) =>
    Float64Array.from(top, (f) => Math.round((1e4 * values[f]) / all) / 100);
  return new ColumnFrame([
    ...functionColumns(link, top),
    { name: "self", column: new NumberColumn(self).take(top) },
    numbers("self_percent", percent(self)),
    { name: "total", column: new NumberColumn(total).take(top) },
    numbers("total_percent", percent(total)),
  ]);
}

/** One row a thread, the most frequent first. */
export function threadsTable(link: ProfileLink): ColumnFrame {
  const { data, thread, samples, weight } = link.rows;
  const { threads } = data;
  const counts = zeros(samples, threads.pid.length);
  const weights = new Float64Array(threads.pid.length);
  for (const row of link.members) {
    counts[thread[row]] += samples[row];
    weights[thread[row]] += weight[row];
  }
  const rows = Int32Array.from(counts.keys())
    .filter((t) => counts[t] > 0)
    .sort((a, b) => counts[b] - counts[a] || a - b);
  return new ColumnFrame([
    numbers(
      "pid",
      rows.map((t) => threads.pid[t]),
    ),
    numbers(
      "tid",
      rows.map((t) => threads.tid[t]),
    ),
    { name: "process", column: new TextColumn(rows, repeating(threads.process)) },
    { name: "comm", column: new TextColumn(rows, repeating(threads.comm)) },
    { name: "samples", column: new NumberColumn(counts).take(rows) },
    numbers(
      "time_ms",
      Float64Array.from(rows, (t) => timeMs(weights[t], data.meta)),
    ),
  ]);
}

function functionColumns({ rows: { data } }: ProfileLink, rows: Int32Array): NamedColumn[] {
  const { frames } = data;
  return [
    { name: "name", column: new TextColumn(rows, repeating(frames.name)) },
    { name: "module", column: new TextColumn(rows, repeating(frames.module)) },
    { name: "kind", column: new TextColumn(rows, repeating(frames.kind)) },
  ];
}

function numbers(name: string, values: Int32Array | Float64Array): NamedColumn {
  return { name, column: new NumberColumn(values) };
}

/** Line numbers, which not every function has. */
function lines(values: (number | null)[]): Column {
  return new MixedColumn(values, "int32");
}
