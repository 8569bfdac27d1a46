import "../../helpers/as-sampler.js";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { ElfFile } from "../../../bpf/symbols/elf-file.js";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { compile, seededRandom, temporaryDirectory } from "../symbols/compiled.js";
import { CfiBuilder, elfImage, fixed } from "./cfi-image.js";
import { checkPeak, exercise, outcomes } from "./hostile-input.js";

/** So many that the file's symbols are read, too. */
const FUNCTIONS = 150;
/** Functions with jump tables, frames of unlike sizes, calls that do not return, and pointers. */
const SOURCE = `
#include <stdlib.h>
#include <string.h>
#include <alloca.h>
${Array.from(
  { length: FUNCTIONS },
  (_, i) => `
__attribute__((noipa)) int f${i}(int n, char *text, int (*next)(int, char *, int (*)())) {
  char local[${16 + ((i * 37) % 300)}], *more = ${i % 5 === 0 ? `alloca(n)` : "local"};
  if (n > ${i * 1000}) abort();
  switch (n) {
  ${Array.from({ length: i % 12 }, (_, k) => `case ${k}: memset(local, ${k * i}, n); n += text[${k}]; break;`).join("\n")}
  default: n = strlen(more);
  }
  return (next ? next(n, local, 0) : 0) + local[n];
}`,
).join("\n")}
int main(int argc, char **argv) { return ${Array.from({ length: FUNCTIONS }, (_, i) => `f${i}(argc, *argv, (void *)f${(i * 7) % FUNCTIONS})`).join("+")}; }`;

const directory = temporaryDirectory();
const bare = readFileSync(
  compile(directory, "bare", ["-O2", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"], SOURCE),
);

after(() => {
  checkPeak();
  assert.ok(outcomes.tables > 1000, "most are tables");
});

/** A file that is nothing but code. */
function codeAlone(code: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(0x1000 + code.length);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  const fields: [at: number, value: number, size: 2 | 4 | 8][] = [
    [16, 3, 2],
    [18, 62, 2],
    [24, 0x1000, 8],
    [32, 64, 8],
    [54, 56, 2],
    [56, 1, 2],
    [64, 1, 4],
    [68, 5, 4],
    [72, 0x1000, 8],
    [80, 0x1000, 8],
    [96, code.length, 8],
    [104, code.length, 8],
  ];
  for (const [at, value, size] of fields) bytes.set(fixed(value, size), at);
  bytes.set(code, 0x1000);
  return bytes;
}

test("2,000 mutations of the code of a program without unwind data", () => {
  const random = seededRandom(2027);
  const elf = ElfFile.read(fileFromBytes(bare));
  assert.ok(!isReason(elf));
  const text = elf.sections.find(({ name }) => name === ".text");
  assert.ok(text && text.size > 1 << 14);
  for (let round = 0; round < 2000; round++) {
    const bytes = Uint8Array.from(bare);
    for (let flips = 1 + Math.floor(random() * 40); flips > 0; flips--) {
      const at = round % 5 === 0 ? random() * bytes.length : text.offset + random() * text.size;
      bytes[Math.floor(at)] = Math.floor(random() * 256);
    }
    exercise(fileFromBytes(bytes));
  }
});

test("1,000 stretches of random code", () => {
  const random = seededRandom(77);
  /** What changes frames and leads elsewhere, more often than at random. */
  const likely = [
    0x50, 0x55, 0x5d, 0xc3, 0xe8, 0xe9, 0xeb, 0x74, 0x48, 0x83, 0xec, 0x04, 0x90, 0xc9, 0x0f, 0xff,
  ];
  for (let round = 0; round < 1000; round++) {
    const byte = () =>
      random() < round / 1000 ? likely[Math.floor(random() * likely.length)] : Math.floor(random() * 256);
    exercise(fileFromBytes(codeAlone(Uint8Array.from({ length: 8192 + round * 8 }, byte))));
  }
});

/** As much code as is looked at, of one pattern. */
const LARGE_BYTES = 8 << 20;

test("the same few instructions without end", () => {
  const patterns: Record<string, number[]> = {
    "calls of what follows": [0xe8, 1, 0, 0, 0, 0x90],
    "calls of one function": [0xff, 0xd0],
    "branches to all that follows": [0x74, 0x10],
    "branches back": [0x75, 0xf0, 0x50],
    "frames that grow": [0x50],
    "frames that all differ": [0x50, 0x74, 0x01],
    returns: [0xc3],
    "functions of a return": [0x53, 0x5b, 0xc3, 0x90],
    "jumps to unknown targets": [0xff, 0xe0],
    "blocks that contradict": [0x53, 0x48, 0x85, 0xc0, 0x74, 0xf9, 0xc3],
    "jumps into the middle": [0xeb, 0x01, 0xe8, 0x55, 0x48, 0x89, 0xe5, 0x74, 0xfb],
    prefixes: [0x66],
    "the return address in a register": [0x58, 0x50],
    "system calls": [0x0f, 0x05],
  };
  for (const [name, pattern] of Object.entries(patterns)) {
    const code = Uint8Array.from({ length: LARGE_BYTES }, (_, i) => pattern[i % pattern.length]);
    const before = process.cpuUsage();
    exercise(fileFromBytes(codeAlone(code)));
    console.log(`${name}: ${Math.round(process.cpuUsage(before).user / 1000)} ms`);
  }
});

interface Section {
  type: number;
  flags?: number;
  address?: number;
  offset: number;
  size: number;
  link?: number;
  entryBytes?: number;
}

/** The same file, with headers of sections, and with what they are of behind its code. */
function withSections(file: Uint8Array, sections: readonly Section[], more = new Uint8Array(0)): Uint8Array {
  const at = file.length + more.length + (-(file.length + more.length) & 7);
  const bytes = new Uint8Array(at + sections.length * 64);
  bytes.set(file);
  bytes.set(more, file.length);
  for (const [place, value, size] of [
    [40, at, 8],
    [58, 64, 2],
    [60, sections.length, 2],
  ] as const)
    bytes.set(fixed(value, size), place);
  const view = new DataView(bytes.buffer);
  sections.forEach(({ type, flags = 0, address = 0, offset, size, link = 0, entryBytes = 0 }, i) => {
    const head = at + i * 64;
    view.setUint32(head + 4, type, true);
    [flags, address, offset, size].forEach((value, k) => {
      view.setBigUint64(head + 8 + k * 8, BigInt(value), true);
    });
    view.setUint32(head + 40, link, true);
    view.setBigUint64(head + 56, BigInt(entryBytes), true);
  });
  return bytes;
}

/** Functions that return at once. */
const usual = (bytes: number) =>
  Uint8Array.from({ length: bytes }, (_, i) => [0x53, 0x5b, 0xc3, 0x90][i & 3]);

test("jumps to a page before padding without end", () => {
  const code = new Uint8Array(LARGE_BYTES).fill(0x90);
  const view = new DataView(code.buffer);
  for (let i = 0; i < 800_000; i++) {
    // To a call, behind which the padding is.
    code[i * 5] = 0xe9;
    view.setInt32(i * 5 + 1, 4_000_000 + (i & 0xfff) * 5 - (i + 1) * 5, true);
  }
  for (let i = 0; i < 0x1000; i++) code.set([0xe8, 0, 0, 0, 1], 4_000_000 + i * 5);
  exercise(fileFromBytes(codeAlone(code)));
});

test("names of parts of functions without end", () => {
  for (const text of [".cold", ".cold\0"]) {
    const file = codeAlone(usual(1 << 14));
    const symbol = new Uint8Array(24);
    symbol.set([1, 0, 0, 0, 0x12, 0, 3, 0], 0);
    symbol.set(fixed(0x1000, 8), 8);
    symbol.set(fixed(3, 8), 16);
    for (const size of [15 << 20, 60 << 20]) {
      const names = Buffer.alloc(size, text);
      const code = { type: 1, flags: 6, address: 0x1000, offset: 0x1000, size: 1 << 14 };
      const tables: Section[] = [
        { type: 0, offset: 0, size: 0 },
        { type: 2, offset: file.length, size: 24, link: 2, entryBytes: 24 },
        { type: 3, offset: file.length + 24, size },
        code,
      ];
      exercise(fileFromBytes(withSections(file, tables, Buffer.concat([symbol, names]))));
    }
  }
});

test("sections of code over one another", () => {
  const file = codeAlone(usual(LARGE_BYTES));
  for (const step of [0, 16, 128]) {
    const section = (_: unknown, i: number) => ({
      type: 1,
      flags: 6,
      address: 0x1000 + i * step,
      offset: 0x1000,
      size: step === 128 ? step : LARGE_BYTES - i * step,
    });
    exercise(fileFromBytes(withSections(file, Array.from({ length: 65_000 }, section))));
  }
});

test("segments that all are of the same bytes, with a function between them", () => {
  const [address, size, count] = [1 << 24, 1 << 16, 4000];
  const builder = new CfiBuilder();
  const cie = builder.cie();
  for (let i = 0; i <= count; i++) builder.fde(cie, [], { start: address + i * size, length: 1 });
  const image = elfImage({ ehFrame: builder.bytes, hasSections: false });
  const heads = image.length + size;
  const bytes = new Uint8Array(heads + (count + 4) * 56);
  bytes.set(image);
  // No code of C: each stretch is looked at, and none is followed.
  bytes.fill(0x06, image.length, image.length + size);
  bytes.set(image.subarray(64, 64 + 4 * 56), heads);
  for (let i = 0; i < count; i++) {
    const numbers = [image.length, address + i * size, 0, size, size].flatMap((value) => fixed(value, 8));
    bytes.set([...fixed(1, 4), ...fixed(5, 4), ...numbers], heads + (4 + i) * 56);
  }
  bytes.set(fixed(heads, 8), 32);
  bytes.set(fixed(count + 4, 2), 56);
  exercise(fileFromBytes(bytes));
});
