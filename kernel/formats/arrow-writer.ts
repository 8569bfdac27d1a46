import {
  type Column,
  columnFromArray,
  type DataType,
  dictionary,
  field,
  float64,
  int32,
  list,
  struct,
  tableFromColumns,
  tableToIPC,
  utf8,
} from "@uwdata/flechette";
import type { ProfileData } from "../dataframe/profile-data.js";
import { stackSums } from "./stack-sums.js";
import { STATED_META, statedText } from "./stated-meta.js";

const text = () => dictionary(utf8());
const FRAME = struct([
  field("name", text()),
  field("module", text()),
  field("kind", text()),
  field("file", text()),
  field("line", int32()),
  field("column", int32()),
]);

/**
 * One Arrow table as an IPC stream, a row a thread and stack: the columns of the frame, `frames` (a list of structs, root
 * first), and a list of each of the row's samples: `sample_at_ms`, `sample_cpu`, `sample_weight`.
 */
export function writeArrow(data: ProfileData): Uint8Array {
  const { frames, meta, samples, stacks, threads } = data;
  const rows = stackSums(data);
  const framesOf = (stack: number) =>
    Array.from(stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]));
  const leaf = rows.map(({ stack }) => framesOf(stack).at(-1));
  const strings = (values: (string | null)[]) => column(values, text());
  const ofLeaf = (names: readonly string[]) =>
    strings(leaf.map((row) => (row === undefined ? null : names[row])));
  const perSample = (values: ArrayLike<number>, type: DataType) =>
    column(
      rows.map(({ rows: list }) => list.map((i) => (Number.isNaN(values[i]) ? null : values[i]))),
      list(type),
    );
  const isTime = meta.unit === undefined;
  const columns: Record<string, Column<unknown>> = {
    pid: column(
      rows.map(({ thread }) => threads.pid[thread]),
      int32(),
    ),
    tid: column(
      rows.map(({ thread }) => threads.tid[thread]),
      int32(),
    ),
    process: strings(rows.map(({ thread }) => threads.process[thread])),
    comm: strings(rows.map(({ thread }) => threads.comm[thread])),
    stack: strings(
      rows.map(({ stack }) =>
        framesOf(stack)
          .map((row) => frames.name[row].replaceAll(";", ":"))
          .join(";"),
      ),
    ),
    leaf: ofLeaf(frames.name),
    module: ofLeaf(frames.module),
    kind: ofLeaf(frames.kind),
    depth: column(
      rows.map(({ stack }) => framesOf(stack).length),
      int32(),
    ),
    samples: column(
      rows.map(({ count }) => count),
      samples.count ? float64() : int32(),
    ),
    time_ms: column(
      rows.map(({ weight }) => (isTime ? weight / 1e6 : null)),
      float64(),
    ),
    end: strings(rows.map(({ stack }) => stacks.end[stack])),
    frames: column(
      rows.map(({ stack }) =>
        framesOf(stack).map((row) => ({
          name: frames.name[row],
          module: frames.module[row],
          kind: frames.kind[row],
          file: frames.file[row],
          line: frames.line[row],
          column: frames.column[row],
        })),
      ),
      list(FRAME),
    ),
    sample_at_ms: perSample(samples.atMs, float64()),
    sample_cpu: perSample(samples.cpu, int32()),
    sample_weight: perSample(samples.weight, float64()),
    ...(samples.count ? { sample_count: perSample(samples.count, float64()) } : {}),
  };
  const table = tableFromColumns(columns);
  table.schema.metadata = new Map([[STATED_META, statedText(meta)]]);
  return tableToIPC(table, { format: "stream" }) as Uint8Array; // null only with a sink of the caller's
}

function column(values: unknown[], type: DataType): Column<unknown> {
  return columnFromArray(values as never[], type) as Column<unknown>;
}
