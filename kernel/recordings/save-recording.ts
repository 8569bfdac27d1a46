import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { ProfileData } from "../dataframe/profile-data.js";
import { literal, ownConnection } from "../duckdb/database.js";
import { withTables } from "../duckdb/scan.js";
import { RecordingError } from "./recording-error.js";
import { factsOfFile, fileOf, filesFacts, META_FILE, toDisk } from "./recording-files.js";
import { recordingMeta } from "./recording-meta.js";
import { recordingTables } from "./recording-tables.js";

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
 */
const PARQUET = `FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2, ROW_GROUP_SIZE ${ROW_GROUP},
  DICTIONARY_SIZE_LIMIT 100000`;

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
    move(part, target, overwrite);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    if ((error as NodeJS.ErrnoException).code === "ENOTEMPTY") refuseExisting(folder);
    throw error;
  }
}

async function write(data: ProfileData, folder: string, part: string): Promise<void> {
  const tables = recordingTables(data, folder);
  await withTables(tables, async (source) => {
    // At the same time: one thread makes what another compresses.
    const copies = [...tables.keys()].map(async (table) => {
      const connection = await ownConnection();
      try {
        const file = literal(join(part, fileOf(table)));
        await connection.run(`COPY (FROM ${source(table)}) TO ${file} (${PARQUET})`);
      } finally {
        connection.closeSync();
      }
    });
    const done = await Promise.allSettled(copies); // none still writes when the folder goes
    for (const copy of done) if (copy.status === "rejected") throw copy.reason;
  });
  const files = filesFacts((table) => {
    const path = join(part, fileOf(table));
    toDisk(path);
    return factsOfFile(path, tables.get(table)!.rows);
  });
  const meta = join(part, META_FILE);
  writeFileSync(meta, `${JSON.stringify(recordingMeta(data, files), null, 2)}\n`);
  toDisk(meta);
  toDisk(part);
}

/** Gives the written folder its name. One that is replaced is set aside first, and kept if that fails. */
function move(part: string, target: string, overwrite: boolean): void {
  const replaced = `${part}-replaced`;
  const isReplacing = overwrite && existsSync(target);
  if (isReplacing) renameSync(target, replaced);
  try {
    renameSync(part, target);
  } catch (error) {
    if (isReplacing) renameSync(replaced, target);
    throw error;
  }
  toDisk(dirname(target));
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
