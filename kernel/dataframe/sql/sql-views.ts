/**
 * The names that queries use, over tables that a database has with `source`.
 *
 * `self()` and `total()` have one row a function: the samples in which it was innermost, or on the stack at all. A stack on
 * which it is several times counts once.
 */
export function sqlViews(names: readonly string[], source: (name: string) => string): string[] {
  const views = names.map((name) => `CREATE TEMP VIEW ${name} AS SELECT * FROM ${source(name)}`);
  return [
    ...views,
    ...MACROS.filter(({ needs }) => needs.every((name) => names.includes(name))).map(({ sql }) => sql),
  ];
}

const MACROS: readonly { needs: readonly string[]; sql: string }[] = [
  {
    needs: [],
    sql: `CREATE TEMP MACRO has_frame(stack, frame) AS
      contains(';' || stack || ';', ';' || replace(frame, ';', ':') || ';')`,
  },
  {
    needs: ["stacks", "stack_frames"],
    sql: `CREATE TEMP MACRO self() AS TABLE
      SELECT leaf AS name, module, kind, sum(samples)::DOUBLE AS samples, sum(time_ms) AS time_ms,
        sum(samples) / sum(sum(samples)) OVER () AS share
      FROM stacks WHERE leaf IS NOT NULL GROUP BY leaf, module, kind ORDER BY samples DESC, name`,
  },
  {
    needs: ["stacks", "stack_frames"],
    sql: `CREATE TEMP MACRO total() AS TABLE
      WITH per_stack AS (
        SELECT stack_id, sum(samples) AS samples, sum(time_ms) AS time_ms FROM stacks GROUP BY stack_id
      ), members AS (SELECT DISTINCT stack_id, frame_id FROM stack_frames)
      SELECT name, module, kind, sum(samples)::DOUBLE AS samples, sum(time_ms) AS time_ms,
        sum(samples) / (SELECT sum(samples) FROM per_stack) AS share
      FROM per_stack JOIN members USING (stack_id) JOIN frames USING (frame_id)
      GROUP BY frame_id, name, module, kind ORDER BY samples DESC, name`,
  },
];
