import "../../helpers/as-sampler.js";
import { performance } from "node:perf_hooks";
import { after, test } from "node:test";
import { fileFromBytes, type OpenFile } from "../../../bpf/symbols/open-file.js";
import { CfiBuilder, EH_FRAME, elfImage, fixed, START, USUAL, uleb } from "./cfi-image.js";
import { checkPeak, exercise } from "./hostile-input.js";

after(checkPeak);

/** Bytes of the section that are in the image itself. */
const IMAGE_ENTRY_BYTES = 400;

/** The image with a text of 4 MiB. */
function withLargeText(image: Uint8Array): Uint8Array {
  const sizes = 64 + 32;
  for (const at of [sizes, sizes + 8]) image.set(fixed(1 << 22, 8), at);
  return image;
}

/** A file of two terabytes with a section of one: behind the image, entries of 20 bytes without end. */
function endless(image: Uint8Array): OpenFile {
  const bytes = Uint8Array.from(image);
  const view = new DataView(bytes.buffer);
  const section = Number(view.getBigUint64(40, true)) + 2 * 64;
  const sectionAt = Number(view.getBigUint64(section + 24, true));
  view.setBigUint64(section + 32, BigInt(2 ** 40), true);
  return {
    size: 2 ** 41,
    identity: "endless",
    owner: -1,
    read: (offset, length) => {
      const part = new Uint8Array(length);
      part.set(bytes.subarray(offset, offset + length));
      if (offset !== sectionAt || length <= bytes.length) return part;
      // Each function is of one byte, and changes the rules.
      const words = new Uint32Array(part.buffer, 0, length >> 2);
      for (let word = IMAGE_ENTRY_BYTES / 4, n = 0; word + 5 <= words.length; word += 5, n++) {
        const at = word * 4;
        words[word] = 16;
        words[word + 1] = at + 4;
        words[word + 2] = START + n - EH_FRAME - at - 8;
        words[word + 3] = 1;
        words[word + 4] = 0x0e00 | ((n & 0x7f) << 16);
      }
      return part;
    },
    close() {},
  };
}

test("a section that says it is of a terabyte, of the smallest functions", () => {
  const builder = new CfiBuilder();
  builder.cie({ instructions: [...USUAL, 0, 0] }); // up to a word's end
  while (builder.bytes.length < IMAGE_ENTRY_BYTES) builder.terminator();
  exercise(endless(withLargeText(elfImage({ ehFrame: builder.bytes }))));
});

test("much of what is allowed once", () => {
  const builders: Record<string, (builder: CfiBuilder, cie: number) => void> = {
    "states remembered without end": (builder, cie) => {
      builder.fde(cie, Array(200_000).fill(0x0a));
    },
    "a function over everything, fifty thousand times": (builder, cie) => {
      for (let i = 0; i < 50_000; i++) builder.fde(cie, [0x41, 0x0e, i & 0x7f], { start: START, length: 1 });
    },
    "rows for each byte": (builder, cie) => {
      builder.fde(cie, Array.from({ length: 100_000 }, (_, i) => [0x41, 0x0e, i & 0x7f]).flat(), {
        length: 1 << 20,
      });
    },
    "rules that all differ": (builder, cie) => {
      const rule = (i: number) => [0x41, 0x0c, 7, ...uleb(40_000 + i)];
      builder.fde(cie, Array.from({ length: 70_000 }, (_, i) => rule(i)).flat(), { length: 1 << 20 });
    },
    "an expression as long as the section": (builder, cie) => {
      builder.fde(cie, [0x0f, ...uleb(300_000), ...Array(300_000).fill(0x12)]);
    },
    "expressions that push without end": (builder, cie) => {
      const expression = [0x0f, ...uleb(200), ...Array(200).fill(0x31), 0x41];
      builder.fde(cie, Array.from({ length: 2000 }, () => expression).flat());
    },
    "a CIE for each function": (builder) => {
      for (let i = 0; i < 25_000; i++) builder.fde(builder.cie(), [], { length: 1 });
    },
  };
  for (const [name, build] of Object.entries(builders)) {
    const builder = new CfiBuilder();
    build(builder, builder.cie());
    const image = withLargeText(elfImage({ ehFrame: builder.bytes }));
    const before = performance.now();
    exercise(fileFromBytes(image));
    console.log(`${name}: ${(performance.now() - before).toFixed(0)} ms`);
  }
});
