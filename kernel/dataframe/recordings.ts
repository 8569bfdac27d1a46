import { type Connection, type Database, openDatabase } from "../duckdb/database.js";
import { runQuery } from "../duckdb/query.js";
import type { QueryText } from "../duckdb/query-text.js";
import { foldersLike } from "../recordings/find-recordings.js";
import { type StoredRecording, storedRecording } from "../recordings/load-recording.js";
import { RecordingError } from "../recordings/recording-error.js";
import type { ColumnFrame } from "./column-frame.js";
import type { NamedColumn } from "./columns/column.js";
import { loadProfile } from "./load-profile.js";
import type { ProfileData } from "./profile-data.js";
import { ProfileFrame } from "./profile-frame.js";
import { mergedMeta } from "./sql/merged-meta.js";
import { recordedStacks } from "./sql/recorded-stacks.js";
import { CLASHES, recordingsViews } from "./sql/recordings-views.js";
import { resultColumns } from "./sql/result-frame.js";
import { resultStacks, sumsLink, valuesOf } from "./sql/result-profile.js";

/**
 * Recordings together: `await recordings("runs/*").sql("select recording, count(*) as n from samples group by all")`.
 *
 * @param patterns Paths of folders; `*` and `?` stand for any text and any letter of a name.
 * @throws {RecordingError} when a path has no recording
 */
export function recordings(...patterns: string[]): Recordings {
  return new Recordings(foldersLike(patterns));
}

interface Opened {
  readonly database: Database;
  readonly stored: readonly StoredRecording[];
}

/** What {@link recordings} found. Files are read when they are first asked for, and the recordings must stay as they are then. */
export class Recordings {
  #opening: Promise<Opened> | undefined;

  /** @param folders Their paths, which are the names of the recordings in queries, too. */
  constructor(readonly folders: readonly string[]) {}

  /** Each of them as a frame. */
  load(): Promise<ProfileFrame[]> {
    return Promise.all(this.folders.map(loadProfile));
  }

  /**
   * Runs SQL (DuckDB's) over all of them: the tables and macros of `df.sql()`, each with the column `recording`, and
   * `recordings` (`recording`, `host`, `saved_at`, `duration_ms`). Values of a template are bound, not pasted.
   *
   * A result with the columns `stack` and `samples` is a ProfileFrame, which can be drawn: `select * from stacks`. Throws a
   * SqlError with the line and the place; a RecordingError for a file that is damaged, and for an id that stands for one
   * thing in one recording and for another in the next.
   */
  async sql(query: QueryText, ...values: unknown[]): Promise<ColumnFrame> {
    const connection = await (await this.opened()).database.connect();
    try {
      const columns = resultColumns(await runQuery(connection, query, values));
      const stacks = await this.stacksOf(columns, connection);
      return ProfileFrame.fromResult(columns, stacks && sumsLink(columns, stacks));
    } finally {
      connection.closeSync();
    }
  }

  /** @internal The database that shows them. */
  opened(): Promise<Opened> {
    this.#opening ??= open(this.folders);
    return this.#opening;
  }

  /** @internal The stacks of a result's rows as a profile without samples; undefined where it has none. */
  async stacksOf(columns: readonly NamedColumn[], connection: Connection): Promise<ProfileData | undefined> {
    const texts = resultStacks(columns);
    if (!texts) return undefined;
    const { stored } = await this.opened();
    const named = new Set(valuesOf(columns, "recording"));
    const those = stored.filter(({ name }) => named.has(name));
    const metas = (those.length > 0 ? those : stored).map(({ name, meta: { savedAt, host, profile } }) => ({
      ...profile,
      recording: { folder: name, savedAt, host },
    }));
    return recordedStacks(connection, texts, mergedMeta(metas));
  }
}

async function open(folders: readonly string[]): Promise<Opened> {
  const stored = folders.map(storedRecording);
  const database = await openDatabase(stored.flatMap(({ files }) => files));
  const connection = await database.connect();
  try {
    for (const statement of recordingsViews(stored)) await connection.run(statement);
    for (const { what, query } of CLASHES) {
      const [found] = (await connection.runAndReadAll(query)).getRowObjectsJS();
      if (!found) continue;
      const { id, one, other, one_recording, other_recording } = found;
      throw new RecordingError(
        String(other_recording),
        `the ${what} id ${id} is ${JSON.stringify(other)} here and ${JSON.stringify(one)} in ${one_recording}`,
      );
    }
    return { database, stored };
  } finally {
    connection.closeSync();
  }
}
