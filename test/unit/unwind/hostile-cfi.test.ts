import "../../helpers/as-sampler.js";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { ElfFile } from "../../../bpf/symbols/elf-file.js";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { compile, seededRandom, temporaryDirectory } from "../symbols/compiled.js";
import { CfiBuilder, elfImage, fixed, START, uleb } from "./cfi-image.js";
import { checkPeak, exercise, outcomes } from "./hostile-input.js";

const directory = temporaryDirectory();
const compiled = readFileSync(compile(directory, "victim", ["-O2"]));
const withDebugFrame = readFileSync(
  compile(directory, "debug", ["-O2", "-g", "-fno-asynchronous-unwind-tables", "-gz=zlib"]),
);
const libcryptoLike = (() => {
  const builder = new CfiBuilder();
  const cie = builder.cie({ augmentation: "zPLR", data: [0x9b, ...fixed(0x100, 4), 0x1b, 0x1b] });
  for (let i = 0; i < 40; i++)
    builder.fde(
      cie,
      [0x0f, 5, 0x77, uleb(i)[0], 0x06, 0x23, 8, 0x41, 0x0a, 0x0e, 99, 0x42, 0x0b, 0x10, 6, 2, 0x76, 0],
      {
        start: START + i * 16,
        length: 16,
        data: fixed(0, 4),
      },
    );
  builder.terminator();
  return builder.bytes;
})();

after(() => {
  checkPeak();
  assert.ok(outcomes.tables > 1000 && outcomes.reasons > 100, "neither is the exception");
});

/** Changes some bytes between two places. */
function flip(bytes: Uint8Array, random: () => number, from: number, to: number): void {
  for (let flips = 1 + Math.floor(random() * 12); flips > 0; flips--)
    bytes[from + Math.floor(random() * (to - from))] = Math.floor(random() * 256);
}

test("6,000 mutations of compiled files", () => {
  const random = seededRandom(2026_11);
  for (let round = 0; round < 6000; round++) {
    const original = round % 3 === 0 ? withDebugFrame : compiled;
    const bytes = Uint8Array.from(original);
    const elf = ElfFile.read(fileFromBytes(original));
    assert.ok(!isReason(elf));
    const unwind = elf.sections.find(({ name }) => name === (round % 3 === 0 ? ".debug_frame" : ".eh_frame"));
    assert.ok(unwind);
    // In turns the headers, the unwind data and anything.
    if (round % 4 === 0) flip(bytes, random, 0, 1024);
    else if (round % 4 === 3) flip(bytes, random, 0, bytes.length);
    else flip(bytes, random, unwind.offset, unwind.offset + unwind.size);
    exercise(fileFromBytes(bytes));
  }
});

test("2,000 mutations of hand-assembled unwind data, with and without sections", () => {
  const random = seededRandom(44);
  for (let round = 0; round < 2000; round++) {
    const ehFrame = Uint8Array.from(libcryptoLike);
    flip(ehFrame, random, 0, ehFrame.length);
    exercise(fileFromBytes(elfImage({ ehFrame: [...ehFrame], hasSections: round % 2 === 0 })));
  }
});

test("1,000 sections of random bytes", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 1000; round++) {
    const bytes = Array.from({ length: 200 + round }, () => Math.floor(random() * 256));
    const small = bytes.map((byte, i) => (i % 4 > 0 && round % 2 ? 0 : byte)); // lengths that stay within
    exercise(fileFromBytes(elfImage({ ehFrame: small, debugFrame: small })));
  }
});

test("1,000 truncations", () => {
  for (let round = 0; round < 500; round++) {
    exercise(fileFromBytes(compiled.subarray(0, Math.floor((compiled.length * round) / 500))));
    const ehFrame = libcryptoLike.slice(0, Math.floor((libcryptoLike.length * round) / 500));
    exercise(fileFromBytes(elfImage({ ehFrame, debugFrame: ehFrame })));
  }
});
