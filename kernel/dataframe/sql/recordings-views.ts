import { literal } from "../../duckdb/database.js";
import type { StoredRecording } from "../../recordings/load-recording.js";
import { HAS_FRAME, macros } from "./sql-views.js";

/**
 * Statements that show recordings under the names that a query of one frame uses, each with the column `recording`.
 *
 * Samples stay in their files. Stacks and frames are taken over once for all recordings, as equal ones have one id.
 */
export function recordingsViews(stored: readonly StoredRecording[]): string[] {
  const all = (table: "samples" | "stacks" | "frames" | "threads", columns: string) =>
    stored
      .map(({ name, source }) => `SELECT ${literal(name)} AS recording, ${columns} FROM ${source(table)}`)
      .join(" UNION ALL ");
  const facts = stored.map(({ name, meta: { host, savedAt, profile } }) =>
    [literal(name), literal(host), literal(savedAt), profile.window.durationMs, isTime(profile.unit)].join(
      ", ",
    ),
  );
  const samples = stored
    .map(
      ({ name, source, hasCounts }) =>
        `SELECT ${literal(name)} AS recording, at_ns, cpu, thread, stack_id, weight, ` +
        `${hasCounts ? "samples" : "1.0::DOUBLE"} AS samples FROM ${source("samples")}`,
    )
    .join(" UNION ALL ");
  return [
    `CREATE TABLE recordings AS SELECT col0 AS recording, col1 AS host, col2 AS saved_at, col3::DOUBLE AS duration_ms,
      col4 AS is_time FROM (VALUES ${facts.map((row) => `(${row})`).join(", ")})`,
    `CREATE TABLE all_frames AS ${all("frames", 'frame_id, name, module, kind, file, line, "column"')}`,
    `CREATE TABLE all_stacks AS ${all("stacks", 'stack_id, frames, "end"')}`,
    `CREATE TABLE all_threads AS ${all("threads", "thread, pid, tid, process, comm")}`,
    `CREATE VIEW all_samples AS ${samples}`,
    `CREATE TABLE functions AS SELECT frame_id, any_value(name) AS name, any_value(module) AS module,
      any_value(kind) AS kind FROM all_frames GROUP BY frame_id`,
    `CREATE TABLE stack_frames AS SELECT stack_id, generate_subscripts(frames, 1)::INTEGER AS position,
      unnest(frames) AS frame_id FROM (SELECT stack_id, any_value(frames) AS frames FROM all_stacks GROUP BY stack_id)`,
    `CREATE TABLE stack_texts AS
      WITH texts AS (
        SELECT stack_id, string_agg(replace(name, ';', ':'), ';' ORDER BY position) AS stack,
          arg_max(frame_id, position) AS frame_id, count(*)::INTEGER AS depth
        FROM stack_frames JOIN functions USING (frame_id) GROUP BY stack_id
      ), ends AS (SELECT stack_id, any_value("end") AS "end" FROM all_stacks GROUP BY stack_id)
      SELECT stack_id, coalesce(stack, '') AS stack, name AS leaf, module, kind, coalesce(depth, 0) AS depth, "end"
      FROM ends LEFT JOIN texts USING (stack_id) LEFT JOIN functions USING (frame_id)`,
    `CREATE VIEW samples AS SELECT recording, at_ns / 1e6 AS at_ms, cpu, pid, tid, process, comm, stack_id, leaf, module,
      kind, weight, samples
      FROM all_samples JOIN all_threads USING (recording, thread) JOIN stack_texts USING (stack_id)`,
    `CREATE VIEW stacks AS
      WITH sums AS (
        SELECT recording, thread, stack_id, sum(samples) AS samples, sum(weight) AS weight FROM all_samples GROUP BY ALL
      )
      SELECT recording, pid, tid, process, comm, stack, leaf, module, kind, depth, samples,
        CASE WHEN is_time THEN weight / 1e6 END AS time_ms, "end", stack_id
      FROM sums JOIN all_threads USING (recording, thread) JOIN stack_texts USING (stack_id) JOIN recordings USING (recording)`,
    `CREATE VIEW threads AS
      WITH sums AS (SELECT recording, thread, sum(samples) AS samples, sum(weight) AS weight FROM all_samples GROUP BY ALL)
      SELECT recording, pid, tid, process, comm, samples, CASE WHEN is_time THEN weight / 1e6 END AS time_ms
      FROM sums JOIN all_threads USING (recording, thread) JOIN recordings USING (recording)`,
    `CREATE VIEW frames AS
      WITH sums AS (SELECT recording, stack_id, sum(samples) AS samples FROM all_samples GROUP BY ALL),
      totals AS (
        SELECT recording, frame_id, sum(samples) AS total, sum(samples) FILTER (is_leaf) AS self
        FROM sums JOIN (
          SELECT stack_id, frame_id, max(position) = max(depth) AS is_leaf
          FROM stack_frames JOIN stack_texts USING (stack_id) GROUP BY stack_id, frame_id
        ) USING (stack_id) GROUP BY recording, frame_id
      )
      SELECT recording, frame_id, name, module, kind, file, line, coalesce(self, 0) AS self, total
      FROM totals JOIN all_frames USING (recording, frame_id)`,
    ...[HAS_FRAME, ...macros({ by: "recording, ", functions: "functions" })].map(
      (macro) => `CREATE MACRO ${macro}`,
    ),
  ];
}

/** Queries that find an id which stands for two things; a row says which, and where each is. */
export const CLASHES: readonly { what: string; query: string }[] = [
  {
    what: "frame",
    query: clash("all_frames", "frame_id", "name || ' of ' || module"),
  },
  { what: "stack", query: clash("all_stacks", "stack_id", `"end" || ': ' || frames::VARCHAR`) },
];

function clash(table: string, id: string, content: string): string {
  return `SELECT ${id} AS id, min(content) AS one, max(content) AS other,
      arg_min(recording, content) AS one_recording, arg_max(recording, content) AS other_recording
    FROM (SELECT recording, ${id}, ${content} AS content FROM ${table})
    GROUP BY ${id} HAVING count(DISTINCT content) > 1 ORDER BY id LIMIT 1`;
}

function isTime(unit: string | undefined): boolean {
  return unit === undefined || unit === "nanoseconds";
}
