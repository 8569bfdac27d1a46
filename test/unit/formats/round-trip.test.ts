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
import { ProtobufWriter } from "../../../kernel/formats/protobuf-writer.js";
import { writeSpeedscope } from "../../../kernel/formats/speedscope-writer.js";
import { frameWords, richProfile, totals } from "../../helpers/profile-files.js";
import { exampleMeta, samples } from "../../helpers/samples.js";

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

test("a profile of sums, as pprof has it, comes back from each format with its sums", () => {
  const data = samples(`
    comm:web[tid:7][pid:5]  comm:web[tid:7][pid:5]  comm:web[tid:7][pid:5]  comm:gc[tid:8][pid:5]  comm:web[tid:7][pid:5]
    main                    main                    main                    mark                   main
    parse                   parse                   parse                   -                      -
  `);
  const summed = readFormat({ file: "x", bytes: writePprof(data) });
  assert.deepEqual(Array.from(summed.samples.count ?? []), [3, 1, 1]);
  for (const { format, write } of CASES) {
    const back = readFormat({ file: "x", bytes: bytesOf(write(summed)) });
    const [sums, expected] = [totals(back), totals(data)];
    assert.deepEqual(
      sums.map(([stack, count]) => [stack, count]),
      expected.map(([stack, count]) => [stack, count]),
      format,
    );
    if (format !== "folded") assert.deepEqual(sums, expected, format);
  }
});

test("values that are no time stay what they are", () => {
  const heap = {
    ...samples("main[mod:a]\nalloc"),
    meta: { ...exampleMeta(1), event: "inuse_space", unit: "bytes" },
  };
  const bytes = {
    ...heap,
    samples: { ...heap.samples, weight: Float64Array.of(4096), count: Float64Array.of(4096) },
  };
  for (const { format, write } of CASES) {
    if (format === "cpuprofile" || format === "perf") continue; // which have only time, and only samples
    const back = readFormat({ file: "x", bytes: bytesOf(write(bytes)) });
    assert.deepEqual(totals(back), [["main;alloc", 4096, Number.NaN]], format);
    assert.equal(back.meta.unit, format === "folded" ? "samples" : "bytes", format);
  }
});

test("build ids, where a format has them", () => {
  const data = {
    ...richProfile(),
    meta: { ...richProfile().meta, buildIds: { "/bin/web": "5f0c", app: "77" } },
  };
  for (const write of [writePprof, writeFirefox]) {
    const back = readFormat({ file: "x", bytes: bytesOf(write(data)) });
    assert.deepEqual(back.meta.buildIds, { "/bin/web": "5f0c", app: "77" });
  }
});

test("pprof: labels of other profilers name threads, times and what else there is", () => {
  const strings = [
    "",
    "cpu",
    "nanoseconds",
    "f",
    "thread id",
    "thread name",
    "end_timestamp_ns",
    "route",
    "/a",
    "pool-1",
  ];
  const at = (text: string) => strings.indexOf(text);
  const label = (key: string, text: string, number = 0) =>
    new ProtobufWriter().number(1, at(key)).number(2, at(text)).number(3, number);
  const sample = new ProtobufWriter().numbers(1, [1]).numbers(2, [5e6]);
  sample.message(3, label("thread id", "", 42)).message(3, label("thread name", "pool-1"));
  sample.message(3, label("end_timestamp_ns", "", 2_500_000)).message(3, label("route", "/a"));
  const profile = new ProtobufWriter()
    .message(1, new ProtobufWriter().number(1, 1).number(2, 2))
    .message(2, sample);
  profile.message(4, new ProtobufWriter().number(1, 1).message(4, new ProtobufWriter().number(1, 1)));
  profile.message(5, new ProtobufWriter().number(1, 1).number(2, 3)).number(9, 1_000_000);
  for (const text of strings) profile.text(6, text);
  const source = { file: "x", bytes: profile.finish() };
  const read = readFormat(source);
  assert.deepEqual(totals(read, ["tid", "comm", "stack"]), [["42 | pool-1 | f", 5000, 5]]);
  assert.deepEqual(Array.from(read.samples.atMs), [1.5]);
  assert.match(read.meta.notes.join(" "), /labels that are no columns: route;/);
  assert.deepEqual(totals(readFormat(source, { label: "route" }), ["comm"]), [["/a", 5000, 5]]);
});
