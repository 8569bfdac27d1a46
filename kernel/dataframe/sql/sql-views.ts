/** What macros are made for. */
interface Scope {
  /** Columns, each with a comma, by which everything is kept apart: `recording, `. */
  readonly by: "" | "recording, ";
  /** Table that has `frame_id`, `name`, `module`, `kind`. */
  readonly functions: string;
  /** The schema of the tables and of the macros, with a point: `frame_1.`. */
  readonly schema?: string;
}

/** True where a stack, which is a text, has this frame. */
export const HAS_FRAME = `has_frame(stack, frame) AS contains(';' || stack || ';', ';' || replace(frame, ';', ':') || ';')`;

/**
 * Macros over the tables of a profile, as they stand behind `CREATE MACRO`.
 *
 * `self()` and `total()` have one row a function: the samples in which it was innermost, or on the stack at all. A stack on
 * which it is several times counts once.
 */
export function macros({ by, functions, schema = "" }: Scope): string[] {
  const over = by ? "OVER (PARTITION BY recording)" : "OVER ()";
  return [
    `${schema}self() AS TABLE
      SELECT ${by}leaf AS name, module, kind, sum(samples)::DOUBLE AS samples, sum(time_ms) AS time_ms,
        sum(samples) / sum(sum(samples)) ${over} AS share
      FROM ${schema}stacks WHERE leaf IS NOT NULL GROUP BY ${by}leaf, module, kind ORDER BY ${by}samples DESC, name`,
    `${schema}total() AS TABLE
      WITH per_stack AS (
        SELECT ${by}stack_id, sum(samples) AS samples, sum(time_ms) AS time_ms, sum(sum(samples)) ${over} AS whole
        FROM ${schema}stacks GROUP BY ${by}stack_id
      ), members AS (SELECT DISTINCT stack_id, frame_id FROM ${schema}stack_frames)
      SELECT ${by}name, module, kind, sum(samples)::DOUBLE AS samples, sum(time_ms) AS time_ms,
        sum(samples) / any_value(whole) AS share
      FROM per_stack JOIN members USING (stack_id) JOIN ${schema}${functions} USING (frame_id)
      GROUP BY ${by}frame_id, name, module, kind ORDER BY ${by}samples DESC, name`,
  ];
}
