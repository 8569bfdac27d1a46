import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import type { RecordingTable } from "./recording-tables.js";

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

export function factsOfFile(path: string, rows: number): FileFacts {
  const bytes = readFileSync(path);
  return { rows, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

/** Waits until a file or a folder is on the disk. */
export async function toDisk(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
