import type { ProfileData } from "../dataframe/profile-data.js";
import { type FoldedReadOptions, readFolded } from "./folded-reader.js";
import { FormatError, type FormatSource } from "./format-error.js";
import { type PprofReadOptions, readPprof } from "./pprof-reader.js";
import { textLines } from "./text-lines.js";
import { unpacked } from "./unpack.js";

export interface ReadOptions extends PprofReadOptions, FoldedReadOptions {
  /** What the file is, where its content does not tell. */
  format?: FormatName;
}

type Reader = (source: FormatSource, options: ReadOptions) => ProfileData;

const READERS = {
  pprof: readPprof,
  folded: readFolded,
} satisfies Record<string, Reader>;

export type FormatName = keyof typeof READERS;

/** Every format that can be read. */
export const FORMATS = Object.keys(READERS) as FormatName[];

/** Reads a file of any of the {@link FORMATS}, gzipped or not, by its content. Throws a FormatError. */
export function readFormat(source: FormatSource, options: ReadOptions = {}): ProfileData {
  const whole = unpacked(source);
  const format = options.format ?? sniffed(whole);
  return READERS[format](whole, options);
}

/** The format by what the file begins with; its name says nothing. */
function sniffed({ file, bytes }: FormatSource): FormatName {
  const fail = (problem: string): never => {
    throw new FormatError(
      file,
      "any format",
      "byte 0",
      `${problem}; { format } names one of ${FORMATS.join(", ")}`,
    );
  };
  if (bytes.length === 0) fail("expected a profile, the file is empty");
  // A profile begins with a sample type, a message of two numbers, or with another of its fields.
  const isText = isUtf8Text(bytes.subarray(0, 4096));
  if (!isText) return "pprof";
  for (const { text } of textLines(bytes)) {
    if (text.trim() === "" || text.startsWith("#")) continue;
    if (/^\S.* \d+(\.\d+)?\s*$/.test(text)) return "folded";
    break;
  }
  return fail("expected a profile of a known format");
}

function isUtf8Text(bytes: Uint8Array): boolean {
  return !bytes.some((byte) => byte < 9 || (byte > 13 && byte < 32));
}
