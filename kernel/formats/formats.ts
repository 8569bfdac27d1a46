import type { ProfileData } from "../dataframe/profile-data.js";
import { isArrow, readArrow } from "./arrow-reader.js";
import { readCpuprofile } from "./cpuprofile-reader.js";
import { readFirefox } from "./firefox-reader.js";
import { type FoldedReadOptions, readFolded } from "./folded-reader.js";
import { FormatError, type FormatSource } from "./format-error.js";
import { JsonNode } from "./json-node.js";
import { isParquet } from "./parquet-reader.js";
import { sampleHead } from "./perf-script-lines.js";
import { readPerfScript } from "./perf-script-reader.js";
import { type PprofReadOptions, readPprof } from "./pprof-reader.js";
import { readSpeedscope } from "./speedscope-reader.js";
import { textLines } from "./text-lines.js";
import { unpacked } from "./unpack.js";

export interface ReadOptions extends PprofReadOptions, FoldedReadOptions {
  /** What the file is, where its content does not tell. */
  format?: FormatName;
}

type Reader = (source: FormatSource, options: ReadOptions) => ProfileData;

const READERS: Record<"pprof" | "arrow" | "perf" | "folded", Reader> = {
  pprof: readPprof,
  arrow: readArrow,
  perf: readPerfScript,
  folded: readFolded,
};

const JSON_READERS = {
  speedscope: readSpeedscope,
  firefox: readFirefox,
  cpuprofile: readCpuprofile,
} satisfies Record<string, (source: FormatSource, json: JsonNode) => ProfileData>;

export type FormatName = keyof typeof READERS | keyof typeof JSON_READERS | "parquet";

/** Every format that can be read. */
export const FORMATS = [...Object.keys(READERS), ...Object.keys(JSON_READERS), "parquet"] as FormatName[];

/**
 * Reads a file of any of the {@link FORMATS} but Parquet, gzipped or not, by its content. Throws a FormatError.
 *
 * (What reads Parquet wants a path: `readParquet`.)
 */
export function readFormat(source: FormatSource, options: ReadOptions = {}): ProfileData {
  const whole = unpacked(source);
  const { format } = options;
  if (format === "parquet" || (format === undefined && isParquet(whole.bytes)))
    throw new FormatError(source.file, "parquet", "byte 0", "expected a Parquet file as it is, not gzipped");
  if (format !== undefined)
    return format in READERS
      ? READERS[format as keyof typeof READERS](whole, options)
      : readJson(whole, format);
  if (firstLetter(whole.bytes) === "{") return readJson(whole);
  return READERS[sniffed(whole)](whole, options);
}

function readJson(source: FormatSource, format?: FormatName): ProfileData {
  const json = JsonNode.parse(source);
  const found = format ?? sniffedJson(json);
  return JSON_READERS[found as keyof typeof JSON_READERS](source, json);
}

/** By the members that a format demands. */
function sniffedJson(json: JsonNode): keyof typeof JSON_READERS {
  const has = (name: string) => !json.member(name).isMissing;
  if (has("shared") && has("profiles")) return "speedscope";
  if (has("meta") && has("threads")) return "firefox";
  if (has("nodes")) return "cpuprofile";
  return json.fail(
    `expected a profile of ${Object.keys(JSON_READERS).join(", ")}; this JSON is none of them`,
  );
}

function firstLetter(bytes: Uint8Array): string {
  return (
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256))
      .toString("utf8")
      .replace(/^\ufeff/, "")
      .trimStart()[0] ?? ""
  );
}

/** The format by what the file begins with; its name says nothing. */
function sniffed({ file, bytes }: FormatSource): keyof typeof READERS {
  const fail = (problem: string): never => {
    throw new FormatError(
      file,
      "any format",
      "byte 0",
      `${problem}; { format } names one of ${FORMATS.join(", ")}`,
    );
  };
  if (bytes.length === 0) fail("expected a profile, the file is empty");
  if (isArrow(bytes)) return "arrow";
  // A profile begins with a sample type, a message of two numbers, or with another of its fields.
  const isText = isUtf8Text(bytes.subarray(0, 4096));
  if (!isText) return "pprof";
  const lines: string[] = [];
  for (const { text } of textLines(bytes)) {
    if (text.trim() !== "" && !text.startsWith("#")) lines.push(text);
    if (lines.length === 2) break;
  }
  const [first = "", second = ""] = lines;
  // `main 1` is a folded stack, unless a frame follows it.
  const head = first.includes("PERF_RECORD_") ? undefined : sampleHead(first);
  if (first.includes("PERF_RECORD_") || head?.event || (head && second.startsWith("\t"))) return "perf";
  if (/^\S.* \d+(\.\d+)?\s*$/.test(first)) return "folded";
  return fail("expected a profile of a known format");
}

function isUtf8Text(bytes: Uint8Array): boolean {
  return !bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32));
}
