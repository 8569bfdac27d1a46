import { enumColumn, idColumn, numberColumn, type ScanTable, valueColumn } from "../../duckdb/scan.js";
import type { NamedColumn } from "../columns/column.js";
import { functionTotals } from "../function-totals.js";
import type { ProfileLink } from "../profile-link.js";
import { leafOf } from "../profile-rows.js";
import { threadsTable } from "../profile-tables.js";
import { keptSamples } from "../selected-profile.js";
import { scanColumns } from "./scan-frame.js";

/**
 * What a query sees of a frame.
 *
 * `stacks` is the frame with the id of each row's stack; `samples`, `frames` and `threads` are the tables behind its rows;
 * `stack_frames` says which frames a stack has (`position` 1 is the root). Ids are numbers of 63 bits.
 */
export function profileScan(
  columns: readonly NamedColumn[],
  length: number,
  link: ProfileLink | undefined,
  query: string,
): Map<string, ScanTable> {
  const own = scanColumns(columns, query);
  if (!link) return new Map([["stacks", { rows: length, columns: own }]]);
  const hasId =
    !columns.some(({ name }) => name === "stack_id") && columns.some(({ name }) => name === "stack");
  const { ids, rows } = { ids: link.rows.data.stacks.id, rows: link.firstRows() };
  const id = idColumn("stack_id", ids, (row) => link.rows.stack[rows[row]]);
  const threads = threadsTable(link);
  return new Map<string, ScanTable>([
    ["stacks", { rows: length, columns: hasId ? [...own, id] : own }],
    ["samples", samplesScan(link)],
    ["frames", framesScan(link)],
    ["threads", { rows: threads.shape[0], columns: scanColumns(threads.namedColumns()) }],
    ["stack_frames", stackFramesScan(link)],
  ]);
}

/** One row a sample, with what its thread and stack are called. */
function samplesScan(link: ProfileLink): ScanTable {
  const { data } = link.rows;
  const { samples, stacks, frames, threads } = data;
  const picked = keptSamples(link);
  const { thread: threadOf, stack: stackOf } = samples;
  const sample = picked ? (row: number) => picked[row] : (row: number) => row;
  const leaves = Int32Array.from(stacks.end, (_, stack) => leafOf(data, stack));
  const thread = (row: number) => threadOf[sample(row)];
  const leaf = (row: number) => leaves[stackOf[sample(row)]];
  const numbers = (name: string, values: Int32Array | Float64Array) => {
    const all = picked ? (values.constructor as typeof Float64Array).from(picked, (i) => values[i]) : values;
    return numberColumn(name, all, name === "at_ms" ? (row) => Number.isNaN(all[row]) : undefined);
  };
  return {
    rows: picked?.length ?? stackOf.length,
    columns: [
      numbers("at_ms", samples.atMs),
      numbers("cpu", samples.cpu),
      valueColumn("pid", "INTEGER", (row) => threads.pid[thread(row)]),
      valueColumn("tid", "INTEGER", (row) => threads.tid[thread(row)]),
      enumColumn("process", threads.process, thread),
      enumColumn("comm", threads.comm, thread),
      idColumn("stack_id", stacks.id, (row) => stackOf[sample(row)]),
      enumColumn("leaf", frames.name, leaf),
      enumColumn("module", frames.module, leaf),
      enumColumn("kind", frames.kind, leaf),
      numbers("weight", samples.weight),
      ...(samples.count ? [numbers("samples", samples.count)] : []),
    ],
  };
}

/** One row a function; what it has of samples is counted when a query first reads the table. */
function framesScan(link: ProfileLink): ScanTable {
  const { frames } = link.rows.data;
  let counted: ReturnType<typeof functionTotals> | undefined;
  const totals = () => {
    counted ??= functionTotals(link);
    return counted;
  };
  const frame = (row: number) => totals().rows[row];
  return {
    get rows() {
      return totals().rows.length;
    },
    columns: [
      idColumn("frame_id", frames.id, frame),
      enumColumn("name", frames.name, frame),
      enumColumn("module", frames.module, frame),
      enumColumn("kind", frames.kind, frame),
      enumColumn("file", frames.file, frame),
      valueColumn("line", "INTEGER", (row) => frames.line[frame(row)]),
      valueColumn("self", "DOUBLE", (row) => totals().self[frame(row)]),
      valueColumn("total", "DOUBLE", (row) => totals().total[frame(row)]),
    ],
  };
}

function stackFramesScan({ rows: { data } }: ProfileLink): ScanTable {
  const { stacks, frames } = data;
  let known: Int32Array | undefined;
  const stackOf = () => {
    if (known) return known;
    known = new Int32Array(stacks.frames.length);
    for (let stack = 0; stack < stacks.end.length; stack++)
      known.fill(stack, stacks.offsets[stack], stacks.offsets[stack + 1]);
    return known;
  };
  return {
    rows: stacks.frames.length,
    columns: [
      idColumn("stack_id", stacks.id, (row) => stackOf()[row]),
      valueColumn("position", "INTEGER", (row) => row - stacks.offsets[stackOf()[row]] + 1),
      idColumn("frame_id", frames.id, (row) => stacks.frames[row]),
    ],
  };
}
