import type { Connection } from "../../duckdb/database.js";
import { ReadResult } from "../../duckdb/read-result.js";
import { valueColumn, withTables } from "../../duckdb/scan.js";
import { RowOfId } from "../../recordings/row-of-id.js";
import type { FrameKind, ProfileData, ProfileMeta } from "../profile-data.js";

/**
 * The stacks of these texts that the recordings of a database have, with their frames, as a profile without samples.
 *
 * @param connection To a database with the views of recordings.
 */
export async function recordedStacks(
  connection: Connection,
  texts: readonly string[],
  meta: ProfileMeta,
): Promise<ProfileData> {
  const wanted = [...new Set(texts)];
  const column = valueColumn("stack", "VARCHAR", (row) => wanted[row]);
  await withTables(new Map([["texts", { rows: wanted.length, columns: [column] }]]), (source) =>
    connection.run(`CREATE OR REPLACE TEMP TABLE wanted_stacks AS
      SELECT stack_id, any_value(frames) AS frames, any_value(all_stacks."end") AS "end"
      FROM main.all_stacks JOIN main.stack_texts USING (stack_id) JOIN ${source("texts")} USING (stack)
      GROUP BY stack_id`),
  );
  const read = async (query: string) => ReadResult.of(await connection.run(query));
  const stacks = await read(`SELECT stack_id::BIGINT, frames::BIGINT[], "end"::VARCHAR FROM wanted_stacks`);
  const frames = await read(`SELECT frame_id::BIGINT, any_value(name)::VARCHAR, any_value(module)::VARCHAR,
      any_value(kind)::VARCHAR, any_value(file)::VARCHAR, any_value(line)::INTEGER, any_value("column")::INTEGER
    FROM main.all_frames WHERE frame_id IN (SELECT unnest(frames) FROM wanted_stacks) GROUP BY frame_id`);
  const frameId = frames.numbers(0, BigInt64Array, 0n);
  const { offsets, items } = stacks.lists(1);
  const broken = (id: bigint): never => {
    throw new Error(`the frame id ${id} is not there exactly once`);
  };
  return {
    samples: {
      atMs: new Float64Array(),
      cpu: new Int32Array(),
      thread: new Int32Array(),
      stack: new Int32Array(),
      weight: new Float64Array(),
    },
    stacks: {
      id: stacks.numbers(0, BigInt64Array, 0n),
      offsets,
      frames: new RowOfId(frameId, broken).rows(items, broken),
      end: stacks.values<string>(2),
    },
    frames: {
      id: frameId,
      name: frames.values<string>(1),
      module: frames.values<string>(2),
      kind: frames.values<FrameKind>(3),
      file: frames.values<string | null>(4),
      line: frames.values<number | null>(5),
      column: frames.values<number | null>(6),
    },
    threads: { pid: new Int32Array(), tid: new Int32Array(), process: [], comm: [] },
    meta,
  };
}
