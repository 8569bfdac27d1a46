import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { RECORDING_TABLES, type RecordingTable } from "./recording-tables.js";

/** What a file must be, so that a damaged one is seen before it is read. */
export interface FileFacts {
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** Of each table. */
export type FilesFacts = Record<RecordingTable, FileFacts>;

export const META_FILE = "meta.json";

export function fileOf(table: RecordingTable): string {
  return `${table}.parquet`;
}

export function filesFacts(facts: (table: RecordingTable) => FileFacts): FilesFacts {
  return Object.fromEntries(RECORDING_TABLES.map((table) => [table, facts(table)])) as FilesFacts;
}

export function factsOfFile(path: string, rows: number): FileFacts {
  const bytes = readFileSync(path);
  return { rows, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Waits until a file or a folder is on the disk. */
export function toDisk(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
