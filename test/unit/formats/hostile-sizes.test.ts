import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { readFormat } from "../../../kernel/formats/formats.js";
import { ProtobufWriter } from "../../../kernel/formats/protobuf-writer.js";

const DEPTH = 50_000;
const bytes = (content: unknown) =>
  Buffer.from(typeof content === "string" ? content : JSON.stringify(content));
const list = <T>(length: number, at: (i: number) => T) => Array.from({ length }, (_, i) => at(i));
const call = { functionName: "f", scriptId: "1", url: "", lineNumber: 0, columnNumber: 0 };
const node = (id: number, children: number[]) => ({ id, callFrame: call, hitCount: 0, children });

/** Samples of some bytes each, whose stacks have 10,000 frames. */
function inlinedPprof(): Uint8Array {
  const strings = ["", "samples", "count", "f"];
  const profile = new ProtobufWriter().message(1, new ProtobufWriter().number(1, 1).number(2, 2));
  profile.message(5, new ProtobufWriter().number(1, 1).number(2, 3));
  const location = new ProtobufWriter().number(1, 1);
  for (let i = 0; i < 1000; i++) location.message(4, new ProtobufWriter().number(1, 1));
  profile.message(4, location);
  const sample = new ProtobufWriter()
    .numbers(
      1,
      list(10, () => 1),
    )
    .numbers(2, [1]);
  for (let i = 0; i < 5000; i++) profile.message(2, sample);
  for (const text of strings) profile.text(6, text);
  return profile.finish();
}

/** Small files that say much, and what is said of them. */
const CASES: { name: string; file: Uint8Array; message: RegExp }[] = [
  {
    name: "gzip of 600 MiB in 600 KB",
    file: Buffer.concat(list(600, () => gzipSync(Buffer.alloc(1 << 20)))),
    message: /^x: byte 0 to \d+: expected at most \d+ bytes unpacked/,
  },
  {
    name: "pprof with a field of 2^40 bytes",
    file: Buffer.from([0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0x00]),
    message: /^x: byte 0: expected a field of 1099511627776 bytes, 1 are left/,
  },
  {
    name: "pprof with a location of many inlined functions, a thousand times in each sample",
    file: inlinedPprof(),
    message: /^x: byte \d+: expected samples of at most 16777216 frames in all/,
  },
  {
    name: "a prefix tree as deep as it is long",
    file: bytes({
      meta: { interval: 1 },
      threads: [
        {
          name: "t",
          stringArray: ["f"],
          funcTable: {
            name: [0],
            isJS: [false],
            resource: [-1],
            fileName: [null],
            lineNumber: [null],
            columnNumber: [null],
          },
          frameTable: { func: [0], line: [null] },
          resourceTable: { lib: [] },
          stackTable: { frame: list(DEPTH, () => 0), prefix: list(DEPTH, (i) => (i === 0 ? null : i - 1)) },
          samples: { stack: list(DEPTH, (i) => i), time: list(DEPTH, (i) => i) },
        },
      ],
    }),
    message: /^x: \$.*: expected (at most 16384 frames in a stack|stacks of at most)/,
  },
  {
    name: "a call tree in a circle",
    file: bytes({ nodes: [node(1, [2]), node(2, [3]), node(3, [1])], samples: [2], timeDeltas: [1] }),
    message: /^x: \$\.nodes\[1\]: expected at most 16384 nodes above this one/,
  },
  {
    name: "frames that only open",
    file: bytes({
      shared: { frames: [{ name: "f" }] },
      profiles: [
        {
          type: "evented",
          name: "",
          unit: "none",
          startValue: 0,
          endValue: 1,
          events: list(DEPTH, (at) => ({ type: "O", frame: 0, at })),
        },
      ],
    }),
    message: /^x: \$.*: expected (at most 16384 open frames|stacks of at most \d+ frames in all)/,
  },
  {
    name: "a sample of perf script that does not end",
    file: bytes(`a 1 [000] 1.0: 5 cycles: \n${"\t 12 f (/bin/a)\n".repeat(DEPTH)}`),
    message: /^x: line 16386: expected at most 16384 frames in a stack/,
  },
  {
    name: "a folded stack of many frames",
    file: bytes(`${"f;".repeat(DEPTH)}f 1\n`),
    message: /^x: line 1: expected at most 16384 frames in a stack/,
  },
  {
    name: "a line of spaces and digits",
    file: bytes(`a${" 1".repeat(1 << 20)}:\n`),
    message: /^x: (line 1|byte 0): expected /,
  },
  {
    name: "JSON of brackets",
    file: bytes(`{"nodes":${"[".repeat(1 << 20)}`),
    message: /^x: byte \d+: expected JSON: /,
  },
  { name: "nothing", file: bytes(""), message: /^x: byte 0: expected a profile, the file is empty/ },
  {
    name: "another JSON",
    file: bytes({ traceEvents: [] }),
    message: /^x: \$: expected a profile of speedscope, firefox, cpuprofile/,
  },
];

for (const { name, file, message } of CASES) {
  test(name, () => {
    const before = process.cpuUsage();
    assert.throws(() => readFormat({ file: "x", bytes: file }), { name: "FormatError", message });
    const { user, system } = process.cpuUsage(before);
    assert.ok((user + system) / 1e6 < 1, `${(user + system) / 1e6} s of CPU`);
    const peak = process.resourceUsage().maxRSS * 1024;
    assert.ok(peak < 1024 << 20, `${peak} bytes`);
  });
}
