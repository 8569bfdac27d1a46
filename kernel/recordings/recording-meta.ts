import { hostname } from "node:os";
import type { ProfileData, ProfileMeta } from "../dataframe/profile-data.js";
import { RecordingError } from "./recording-error.js";
import type { FilesFacts } from "./recording-files.js";
import { RECORDING_TABLES } from "./recording-tables.js";

/** Raised when a recording of before cannot be read any more as it is. */
export const SCHEMA_VERSION = 1;
const FORMAT = "proflab recording";

/** What `meta.json` holds. */
export interface RecordingMeta {
  readonly format: typeof FORMAT;
  readonly schemaVersion: number;
  readonly savedAt: string;
  /** Name of the host that was profiled; where a file of another tool was saved, of the one that saved it. */
  readonly host: string;
  readonly files: FilesFacts;
  /** Whether `samples` has the column `samples`, as its rows stand for several. */
  readonly hasCounts: boolean;
  readonly profile: ProfileMeta;
}

export function recordingMeta({ meta, samples }: ProfileData, files: FilesFacts): RecordingMeta {
  const { recording, ...profile } = meta;
  return {
    format: FORMAT,
    schemaVersion: SCHEMA_VERSION,
    savedAt: recording?.savedAt ?? new Date().toISOString(),
    host: recording?.host ?? hostname(),
    files,
    hasCounts: samples.count !== undefined,
    profile,
  };
}

/** Of what is shown of each profile, the members and their types. */
const EXPECTED = {
  window: { startNs: 0, endNs: 0, durationMs: 0, startedAt: "" },
  event: "",
  period: 0,
  frequencyHz: { asked: 0, achieved: 0 },
  cpus: { online: [], skipped: [] },
  accounting: { ticks: 0, samples: 0, filtered: {}, dropped: {} },
  ends: {},
  stops: {},
  reasons: {},
  target: {},
  host: {},
  notes: [],
};

/** Reads the text of a `meta.json`. Throws a RecordingError that names the file and the member that is wrong. */
export function parseRecordingMeta(file: string, text: string): RecordingMeta {
  let meta: RecordingMeta;
  try {
    meta = JSON.parse(text) as RecordingMeta;
  } catch (error) {
    throw new RecordingError(file, `is damaged: ${(error as Error).message}`);
  }
  if (meta?.format !== FORMAT) throw new RecordingError(file, "is not that of a recording");
  if (!Number.isInteger(meta.schemaVersion) || meta.schemaVersion < 1)
    throw new RecordingError(file, `is damaged: schemaVersion is ${JSON.stringify(meta.schemaVersion)}`);
  if (meta.schemaVersion > SCHEMA_VERSION)
    throw new RecordingError(
      file,
      `was written by a newer proflab: schema version ${meta.schemaVersion}, this one reads ${SCHEMA_VERSION}. Update proflab`,
    );
  const table = { rows: 0, bytes: 0, sha256: "" };
  const files = Object.fromEntries(RECORDING_TABLES.map((name) => [name, table]));
  const wrong = mismatch(meta, { savedAt: "", host: "", files, hasCounts: true, profile: EXPECTED }, "$");
  if (wrong !== undefined) throw new RecordingError(file, `is damaged: ${wrong}`);
  return meta;
}

/** The first member that is not of the type of the example's. */
function mismatch(value: unknown, example: unknown, path: string): string | undefined {
  const kind = (of: unknown) => (Array.isArray(of) ? "a list" : of === null ? "null" : typeof of);
  if (kind(value) !== kind(example)) return `${path} is ${kind(value)}, expected ${kind(example)}`;
  if (typeof example !== "object") return undefined;
  for (const [name, part] of Object.entries(example as object)) {
    const wrong = mismatch((value as Record<string, unknown>)[name], part, `${path}.${name}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}
