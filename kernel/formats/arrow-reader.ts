import { type Batch, type Column, type Table, tableFromIPC } from "@uwdata/flechette";
import type { ProfileData } from "../dataframe/profile-data.js";
import { checkArrowStream } from "./arrow-check.js";
import { FormatError, type FormatSource } from "./format-error.js";
import { ProfileBuilder } from "./profile-builder.js";
import { readStackTable, type StackTable } from "./stack-table.js";
import { STATED_META } from "./stated-meta.js";

/** What Arrow is called as a format. */
const ARROW = "arrow";
/** With what Arrow's file format begins: a stream between two of these. */
const MAGIC = "ARROW1";

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
    return readStackTable(stackTable(table), builder, { file, format: ARROW }, (problem) => fail(0, problem));
  } catch (error) {
    if (error instanceof FormatError) throw error;
    return fail(skipped, `expected an Arrow table: ${(error as Error).message}`);
  }
}

function stackTable(table: Table): StackTable {
  const child = (name: string) => table.getChild(name) ?? undefined;
  return {
    names: table.schema.fields.map(({ name }) => name),
    column: (name) => child(name)?.toArray() as ArrayLike<unknown> | undefined,
    list: (name) => listColumn(child(name), table.numRows),
    stated: table.schema.metadata?.get(STATED_META),
  };
}

/** Lists of a column by row, each checked to be within its items. */
function listColumn(
  column: Column<unknown> | undefined,
  length: number,
): ((row: number) => unknown[]) | undefined {
  if (!column || column.length !== length) return undefined;
  const rows: (() => unknown[])[] = [];
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
      rows.push(() => Array.from({ length: end - start }, (_, k) => children[0].at(start + k)));
    }
  }
  return (row) => rows[row]();
}

function isFile(bytes: Uint8Array): boolean {
  return (
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAGIC.length)).toString("latin1") ===
    MAGIC
  );
}
