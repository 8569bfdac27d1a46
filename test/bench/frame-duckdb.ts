import type { DuckDBConnection, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { DOUBLE, DuckDBDataChunk, DuckDBInstance, INTEGER, LIST, listValue } from "@duckdb/node-api";
import type { ProfileData } from "../../kernel/dataframe/profile-data.js";
import { leafOf } from "../../kernel/dataframe/profile-rows.js";

const CHUNK_ROWS = 2048;

/** The profile in DuckDB's own tables: `samples` with enums for text, `stacks` with lists of frames. */
export async function duckdbTables(data: ProfileData): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(":memory:")).connect();
  const { samples, stacks, frames, threads } = data;
  await connection.run(`create type comm as enum (${texts(threads.comm)})`);
  await connection.run(`create type module as enum (${texts(frames.module)})`);
  await connection.run("create table raw (stack integer, thread integer, leaf integer, weight double)");
  await fill(connection, "raw", [INTEGER, INTEGER, INTEGER, DOUBLE], samples.stack.length, (row) => [
    samples.stack[row],
    samples.thread[row],
    leafOf(data, samples.stack[row]),
    samples.weight[row],
  ]);
  await connection.run("create table stacks (id integer, frames integer[])");
  await fill(connection, "stacks", [INTEGER, LIST(INTEGER)], stacks.end.length, (row) => [
    row,
    listValue(Array.from(stacks.frames.subarray(stacks.offsets[row], stacks.offsets[row + 1]))),
  ]);
  const names = (values: readonly string[], type: string) =>
    `(select unnest(range(${values.length})) as row, unnest([${values.map(literal).join(", ")}])::${type} as name)`;
  await connection.run(`create table samples as select raw.stack, t.name as comm, f.name as module, weight from raw
    join ${names(threads.comm, "comm")} t on t.row = raw.thread
    join ${names(frames.module, "module")} f on f.row = raw.leaf`);
  await connection.run("drop table raw");
  return connection;
}

async function fill(
  connection: DuckDBConnection,
  table: string,
  types: DuckDBType[],
  length: number,
  rowAt: (row: number) => DuckDBValue[],
): Promise<void> {
  const appender = await connection.createAppender(table);
  for (let start = 0; start < length; start += CHUNK_ROWS) {
    const rows = Array.from({ length: Math.min(CHUNK_ROWS, length - start) }, (_, i) => rowAt(start + i));
    const chunk = DuckDBDataChunk.create(types);
    chunk.setRows(rows);
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
}

function texts(values: readonly string[]): string {
  return [...new Set(values)].map(literal).join(", ");
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
