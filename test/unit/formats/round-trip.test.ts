import assert from "node:assert/strict";
import { test } from "node:test";
import type { ProfileData } from "../../../kernel/dataframe/profile-data.js";
import { writeArrow } from "../../../kernel/formats/arrow-writer.js";
import { writeCpuprofile } from "../../../kernel/formats/cpuprofile-writer.js";
import { writeFirefox } from "../../../kernel/formats/firefox-writer.js";
import { writeFolded } from "../../../kernel/formats/folded-writer.js";
import { type FormatName, readFormat } from "../../../kernel/formats/formats.js";
import { writePerfScript } from "../../../kernel/formats/perf-script-writer.js";
import { writePprof } from "../../../kernel/formats/pprof-writer.js";
import { writeSpeedscope } from "../../../kernel/formats/speedscope-writer.js";
import { frameWords, richProfile, totals } from "../../helpers/profile-files.js";
import { samples } from "../../helpers/samples.js";

interface Case {
  format: FormatName;
  write(data: ProfileData): string | Uint8Array;
  /** Columns that must come back, with samples and time. */
  columns: string[];
  /** Frames come back with module, kind, file and line. */
  frames?: true;
  times?: true;
}

const THREADS = ["pid", "tid", "process", "comm"];
const CASES: Case[] = [
  {
    format: "pprof",
    write: writePprof,
    columns: [...THREADS, "stack", "module", "kind", "end"],
    frames: true,
  },
  { format: "speedscope", write: writeSpeedscope, columns: ["pid", "tid", "comm", "stack"] },
  {
    format: "firefox",
    write: writeFirefox,
    columns: [...THREADS, "stack", "module", "kind"],
    frames: true,
    times: true,
  },
  { format: "cpuprofile", write: writeCpuprofile, columns: ["pid", "tid", "comm", "stack"], times: true },
  {
    format: "perf",
    write: writePerfScript,
    columns: ["pid", "tid", "comm", "stack", "module", "kind"],
    times: true,
  },
  {
    format: "arrow",
    write: writeArrow,
    columns: [...THREADS, "stack", "module", "kind", "end"],
    frames: true,
    times: true,
  },
  { format: "folded", write: writeFolded, columns: ["stack"] },
];

const bytesOf = (content: string | Uint8Array) =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

for (const { format, write, columns, frames, times } of CASES) {
  test(`${format}: what was written is read back`, () => {
    const data = richProfile();
    const read = readFormat({ file: "x", bytes: bytesOf(write(data)) });
    assert.equal(read.meta.source?.format, format);
    assert.equal(read.meta.accounting.samples, 6);
    assert.equal(
      read.meta.accounting.known,
      format === "arrow" ? undefined : false,
      "Arrow has what we state of it",
    );
    const timeKnown = format !== "folded";
    const expected = totals(data, columns).map(([key, count, ms]) => [
      key,
      count,
      timeKnown ? ms : Number.NaN,
    ]);
    assert.deepEqual(totals(read, columns), expected);
    if (frames) assert.deepEqual(frameWords(read), frameWords(data));
    if (times) assert.deepEqual(read.samples.atMs, data.samples.atMs);
  });

  test(`${format}: a profile of nothing`, () => {
    const bytes = bytesOf(write(samples("")));
    if (bytes.length === 0) return;
    const read = readFormat({ file: "x", bytes });
    assert.equal(read.samples.stack.length, 0);
    assert.deepEqual(read.meta.notes, ["x has no samples."]);
  });
}
