import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { PerfMap } from "../../../bpf/symbols/perf-map.js";
import { seededRandom } from "./compiled.js";

const parse = (text: string) => PerfMap.parse(Buffer.from(text));

describe("PerfMap", () => {
  test("finds names with spaces and semicolons, half-open", () => {
    const map = parse("1000 10 JS:*get q /tmp/a b.js:1:2\n0x2000 0x20 a;b\r\n3000 1 end");
    assert.equal(map.find(0xfff), undefined);
    assert.equal(map.find(0x1000), "JS:*get q /tmp/a b.js:1:2");
    assert.equal(map.find(0x100f), "JS:*get q /tmp/a b.js:1:2");
    assert.equal(map.find(0x1010), undefined);
    assert.equal(map.find(0x201f), "a;b");
    assert.equal(map.find(0x3000), "end");
    assert.equal(map.skipped, 0);
  });

  test("lets the last entry win where an address was used again", () => {
    const map = parse("1000 100 old\n1080 100 newer\n1040 50 newest\n");
    const at = [0x1000, 0x1040, 0x108f, 0x1090, 0x117f, 0x1180].map((address) => map.find(address));
    assert.deepEqual(at, ["old", "newest", "newest", "newer", "newer", undefined]);
  });

  test("skips and counts malformed lines", () => {
    const bad = [
      "",
      "xyz 10 a",
      "1000",
      "1000 10",
      "1000 10 ",
      "1000 zz a",
      "fffffffffffffffff 1 a",
      "-5 1 a",
      "ffffffffffffffff 1 a",
    ];
    const map = parse(`${bad.join("\n")}\n5000 8 good\n`);
    assert.equal(map.size, 1);
    assert.equal(map.find(0x5001), "good");
    assert.equal(map.skipped, bad.length - 1);
    assert.equal(parse("").find(0), undefined);
    assert.equal(parse("1000 8 a\u001b[31mb\n").find(0x1000), "a?[31mb");
  });

  test("agrees with a backward search over random entries", () => {
    const random = seededRandom(11);
    const entries = Array.from({ length: 400 }, (_, i) => {
      return { start: Math.floor(random() * 3000), size: Math.floor(random() * 200), name: `f${i}` };
    });
    const map = parse(
      entries.map(({ start, size, name }) => `${start.toString(16)} ${size.toString(16)} ${name}\n`).join(""),
    );
    for (let address = 0; address < 3300; address++) {
      const expected = entries.findLast(({ start, size }) => start <= address && address < start + size);
      assert.equal(map.find(address), expected?.name);
    }
  });

  test("parses a map of 5 MB (timing printed)", () => {
    const random = seededRandom(5);
    let text = "";
    for (let i = 0; text.length < 5 << 20; i++) {
      const start = 0x7f3404000000 + Math.floor(random() * 0x4000000);
      text += `${start.toString(16)} ${(64 + (i % 900)).toString(16)} JS:*someFunction${i} file:///home/user/project/file.ts:${i}:5\n`;
    }
    const bytes = Buffer.from(text);
    const started = performance.now();
    const map = PerfMap.parse(bytes);
    console.log(`perf map, 5 MB, ${map.size} entries: ${(performance.now() - started).toFixed(1)} ms`);
    assert.equal(map.skipped, 0);
  });
});
