import { type Database, openDatabase } from "../duckdb/database.js";
import { runQuery } from "../duckdb/query.js";
import type { QueryText } from "../duckdb/query-text.js";
import { foldersLike } from "../recordings/find-recordings.js";
import { storedRecording } from "../recordings/load-recording.js";
import { RecordingError } from "../recordings/recording-error.js";
import { ColumnFrame } from "./column-frame.js";
import { loadProfile } from "./load-profile.js";
import type { ProfileFrame } from "./profile-frame.js";
import { CLASHES, recordingsViews } from "./sql/recordings-views.js";
import { resultColumns } from "./sql/result-frame.js";

/**
 * Recordings together: `await recordings("runs/*").sql("select recording, count(*) as n from samples group by all")`.
 *
 * @param patterns Paths of folders; `*` and `?` stand for any text and any letter of a name.
 * @throws {RecordingError} when a path has no recording
 */
export function recordings(...patterns: string[]): Recordings {
  return new Recordings(foldersLike(patterns));
}

/** What {@link recordings} found. Files are read when they are first asked for, and the recordings must stay as they are then. */
export class Recordings {
  #opening: Promise<Database> | undefined;

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
   * Throws a SqlError with the line and the place; a RecordingError for a file that is damaged, and for an id that stands
   * for one thing in one recording and for another in the next.
   */
  async sql(query: QueryText, ...values: unknown[]): Promise<ColumnFrame> {
    this.#opening ??= open(this.folders);
    const connection = await (await this.#opening).connect();
    try {
      return new ColumnFrame(resultColumns(await runQuery(connection, query, values)));
    } finally {
      connection.closeSync();
    }
  }
}

async function open(folders: readonly string[]): Promise<Database> {
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
    return database;
  } finally {
    connection.closeSync();
  }
}
