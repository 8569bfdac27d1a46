import { literal } from "../../duckdb/database.js";
import { macros } from "./sql-views.js";

const PROFILE_TABLES = ["stacks", "samples", "frames", "threads", "stack_frames"];

/**
 * Statements that show a frame under a name: `name` is its rows, `name.samples` what is behind them.
 *
 * @param isProfile Whether there is something behind its rows.
 * @param source What stands behind FROM for `name.stacks` and the others.
 */
export function frameSchema(name: string, isProfile: boolean, source: (table: string) => string): string[] {
  const tables = isProfile ? PROFILE_TABLES : ["stacks"];
  const made = isProfile ? macros({ by: "", functions: "frames", schema: `${name}.` }) : [];
  return [
    `CREATE SCHEMA ${name}`,
    ...tables.map((table) => `CREATE VIEW ${name}.${table} AS FROM ${source(`${name}.${table}`)}`),
    ...made.map((macro) => `CREATE MACRO ${macro}`),
    `CREATE VIEW main.${name} AS FROM ${name}.stacks`,
  ];
}

/** The same for recordings, in a database that may have others, too. @param folders Which are meant. */
export function recordingsSchema(name: string, folders: readonly string[]): string[] {
  const those = `WHERE recording IN (${folders.map(literal).join(", ")})`;
  return [
    `CREATE SCHEMA ${name}`,
    ...["stacks", "samples", "frames", "threads", "recordings"].map(
      (table) => `CREATE VIEW ${name}.${table} AS FROM main.${table} ${those}`,
    ),
    `CREATE VIEW ${name}.stack_frames AS FROM main.stack_frames`,
    ...["self", "total"].map(
      (macro) => `CREATE MACRO ${name}.${macro}() AS TABLE FROM main.${macro}() ${those}`,
    ),
    `CREATE VIEW main.${name} AS FROM ${name}.stacks`,
  ];
}
