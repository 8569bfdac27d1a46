import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { ProfileData } from "../dataframe/profile-data.js";
import { literal, ownConnection } from "../duckdb/database.js";
import { withTables } from "../duckdb/scan.js";
import { RecordingError } from "./recording-error.js";
import { type FilesFacts, factsOfFile, fileOf, META_FILE, toDisk } from "./recording-files.js";
import { recordingMeta } from "./recording-meta.js";
import { RECORDING_TABLES, recordingTables } from "./recording-tables.js";

export interface SaveOptions {
  /** Replaces a recording that is there already. Default: false, which is an error then. */
  overwrite?: boolean;
}

/**
 * Rows that are compressed together: the more, the less the ids of stacks cost in each; the fewer, the sooner they are
 * written while others are still read.
 */
const ROW_GROUP = 245_760;
/**
 * The second version of the pages, which stores times as differences, and dictionaries of ids also where many differ; what
 * is left takes no better compression.
 *
 * @param distinct Different values that a column may have to get a dictionary: as many as there are ids. With room for more,
 * the times are numbered first, in vain.
 */
function parquet(distinct: number): string {
  return `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, ROW_GROUP_SIZE ${ROW_GROUP},
  DICTIONARY_SIZE_LIMIT ${Math.min(MOST_DISTINCT, Math.max(LEAST_DISTINCT, distinct))}`;
}
const LEAST_DISTINCT = 4096;
const MOST_DISTINCT = 100_000;

/**
 * Writes a profile to a folder, which appears whole or not at all.
 *
 * Throws a RecordingError when there is something of that name, unless it is a recording and `overwrite` is set; the error
 * of the file system, which names the path, when it cannot be written.
 */
export async function saveRecording(
  data: ProfileData,
  folder: string,
  { overwrite = false }: SaveOptions = {},
): Promise<void> {
  refuseExisting(folder, { overwrite });
  const target = resolve(folder);
  const part = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`);
  mkdirSync(part, { recursive: true });
  try {
    await write(data, folder, part);
    await move(part, target, overwrite);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code === "ENOTEMPTY") refuseExisting(folder);
    throw error;
  }
}

async function write(data: ProfileData, folder: string, part: string): Promise<void> {
  const tables = recordingTables(data, folder);
  const options = parquet(Math.max(data.stacks.id.length, data.frames.id.length));
  const facts = await withTables(tables, async (source) => {
    // At the same time: one thread makes what another compresses, and what is written goes to the disk.
    const written = RECORDING_TABLES.map(async (table) => {
      const file = join(part, fileOf(table));
      const connection = await ownConnection();
      try {
        await connection.run(`COPY (FROM ${source(table)}) TO ${literal(file)} (${options})`);
      } finally {
        connection.closeSync();
      }
      await toDisk(file);
      return [table, factsOfFile(file, tables.get(table)!.rows)] as const;
    });
    const done = await Promise.allSettled(written); // none still writes when the folder goes
    for (const copy of done) if (copy.status === "rejected") throw copy.reason;
    return Object.fromEntries(await Promise.all(written)) as FilesFacts;
  });
  const meta = join(part, META_FILE);
  writeFileSync(meta, `${JSON.stringify(recordingMeta(data, facts), null, 2)}\n`);
  await Promise.all([toDisk(meta), toDisk(part)]);
}

/** Gives the written folder its name. One that is replaced is set aside first, and kept if that fails. */
async function move(part: string, target: string, overwrite: boolean): Promise<void> {
  const replaced = `${part}-replaced`;
  const isReplacing = overwrite && existsSync(target);
  if (isReplacing) renameSync(target, replaced);
  try {
    renameSync(part, target);
  } catch (error) {
    if (isReplacing) renameSync(replaced, target);
    throw error;
  }
  await toDisk(dirname(target));
  if (isReplacing) rmSync(replaced, { recursive: true, force: true });
}

/** Throws a RecordingError where a recording could not be saved for what is there. */
export function refuseExisting(folder: string, { overwrite = false }: SaveOptions = {}): void {
  if (!existsSync(folder)) return;
  if (!existsSync(join(folder, META_FILE)))
    throw new RecordingError(folder, `exists, and ${contents(folder)}. Choose another name`);
  if (!overwrite)
    throw new RecordingError(folder, "is a recording already. Choose another name, or { overwrite: true }");
}

function contents(path: string): string {
  try {
    return `holds ${readdirSync(path).length} files that are no recording`;
  } catch {
    return "is no folder";
  }
}
