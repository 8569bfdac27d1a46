import { type Column, type Table, tableFromIPC } from "@uwdata/flechette";
import { packedSamples } from "./packed-samples.js";
import type { FrameKind, ProfileData, ProfileMeta } from "./profile-data.js";

/** The four tables of a result. */
export type ProfileTableName = "samples" | "stacks" | "frames" | "threads";

/**
 * Reads what the sampler sends: one Arrow IPC stream a table.
 *
 * Numeric columns lie in the bytes that were received wherever these are aligned, so keep the bytes unchanged. Those of the
 * samples are widened when they are asked for, and not kept for long: the bytes are less than half as many.
 * Throws an Error that names the table and the column when one is missing.
 */
export function profileDataFromTables(
  tables: Record<ProfileTableName, Uint8Array>,
  meta: ProfileMeta,
): ProfileData {
  const samples = open("samples", tables.samples);
  const stacks = open("stacks", tables.stacks);
  const frames = open("frames", tables.frames);
  const threads = open("threads", tables.threads);
  return {
    samples: packedSamples(samples.column),
    stacks: {
      id: stacks.numbers("stack_id", BigInt64Array),
      ...lists(stacks.column("frames")),
      end: stacks.values<string>("end"),
    },
    frames: {
      id: frames.numbers("frame_id", BigInt64Array),
      name: frames.values<string>("name"),
      module: frames.values<string>("module"),
      kind: frames.values<FrameKind>("kind"),
      file: frames.values<string | null>("file"),
      line: frames.values<number | null>("line"),
      column: frames.values<number | null>("column"),
    },
    threads: {
      pid: threads.numbers("pid", Int32Array),
      tid: threads.numbers("tid", Int32Array),
      process: threads.values<string>("process"),
      comm: threads.values<string>("comm"),
    },
    meta,
  };
}

interface OpenTable {
  column(name: string): Column<unknown>;
  numbers<T extends Float64Array | Int32Array | BigInt64Array>(
    name: string,
    type: { new (length: number): T },
  ): T;
  values<T>(name: string): T[];
}

function open(table: ProfileTableName, bytes: Uint8Array): OpenTable {
  // Arrow's own padding is of 8 bytes from the start of the stream, wherever that lies in what was received.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const decoded: Table = tableFromIPC(aligned, { useBigInt: true });
  const column = (name: string): Column<unknown> => {
    const found = decoded.getChild(name);
    if (!found) throw new Error(`the table "${table}" of this profile has no column "${name}"`);
    return found;
  };
  return {
    column,
    numbers(name, type) {
      const values: unknown = column(name).toArray();
      if (values instanceof type) return values;
      if ((values as ArrayLike<unknown>).length === 0) return new type(0); // without a batch there is no type
      throw new Error(
        `the column "${name}" of the table "${table}" is not of ${type.name.replace("Array", "")}`,
      );
    },
    values(name) {
      return Array.from(column(name).toArray()) as never;
    },
  };
}

/** Lists of all batches as one list of items, and where each begins. */
function lists(column: Column<unknown>): { offsets: Int32Array; frames: Int32Array } {
  const batches = column.data.map((batch) => ({
    length: batch.length,
    offsets: batch.offsets as Int32Array,
    items: batch.children[0].values as Int32Array,
  }));
  if (batches.length === 1 && batches[0].offsets[0] === 0) {
    const [{ length, offsets, items }] = batches;
    return { offsets: offsets.subarray(0, length + 1), frames: items.subarray(0, offsets[length]) };
  }
  const offsets = new Int32Array(column.length + 1);
  const parts: Int32Array[] = [];
  let row = 0;
  for (const batch of batches) {
    const start = batch.offsets[0];
    for (let i = 0; i < batch.length; i++, row++) {
      offsets[row + 1] = offsets[row] + batch.offsets[i + 1] - batch.offsets[i];
    }
    parts.push(batch.items.subarray(start, batch.offsets[batch.length]));
  }
  const frames = new Int32Array(offsets[row]);
  let at = 0;
  for (const part of parts) {
    frames.set(part, at);
    at += part.length;
  }
  return { offsets, frames };
}
