import { hostname } from "node:os";
import type { ProfileData, ProfileMeta } from "../dataframe/profile-data.js";
import { RecordingError } from "./recording-error.js";
import type { FilesFacts } from "./recording-files.js";
import { RECORDING_TABLES } from "./recording-tables.js";
import { listOf, mismatch, optional, recordOf } from "./shape.js";

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

const counts = recordOf(0);
const stop = { module: "", samples: 0 };
/** Of what is shown of each profile, the members and their types. */
const EXPECTED = {
  window: { startNs: 0, endNs: 0, durationMs: 0, startedAt: "" },
  event: "",
  period: 0,
  unit: optional(""),
  frequencyHz: { asked: 0, achieved: 0 },
  cpus: { online: listOf(0), skipped: listOf({ cpu: 0, reason: "" }) },
  accounting: { ticks: 0, samples: 0, filtered: counts, dropped: counts },
  ends: counts,
  stops: recordOf(stop),
  reasons: recordOf({ samples: 0, addresses: 0, worst: { ...stop, addresses: 0 } }),
  target: recordOf(undefined),
  host: { kernel: "", machine: "", cpuModel: "", cpuCount: 0, libbpf: "", sampler: "" },
  notes: listOf(""),
  cell: optional(""),
  verbs: optional(listOf("")),
  source: optional({ file: "", format: "" }),
  commands: optional(recordOf(listOf(""))),
  buildIds: optional(recordOf("")),
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
