import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { Kallsyms } from "../../../bpf/symbols/kallsyms.js";
import { seededRandom } from "./compiled.js";

const SMALL = [
  "0000000000000000 A fixed_percpu_data",
  "ffffffff81000000 T __also_first",
  "ffffffff81000000 t local_first",
  "ffffffff81000000 T first",
  "ffffffff81000000 W weak",
  "ffffffff81000100 t second",
  "ffffffff81000180 D some_data",
  "ffffffff81000200 T _etext",
  "ffffffffc0800000 t nf_hook\t[nf_tables]",
  "ffffffffc0356bd8 t bpf_prog_6deef7357e7b4530_sd_devices\t[bpf]",
  "not a line",
  "",
].join("\n");

describe("Kallsyms", () => {
  test("finds functions, modules and BPF programs", () => {
    const kallsyms = Kallsyms.parse(SMALL);
    assert.equal(kallsyms.size, 8);
    assert.deepEqual(kallsyms.find(0xffffffff81000010n), { name: "first", module: "[kernel]" });
    assert.deepEqual(kallsyms.find(0xffffffff810001ffn), { name: "second", module: "[kernel]" });
    assert.deepEqual(kallsyms.find(0xffffffffc0800001n), { name: "nf_hook", module: "[nf_tables]" });
    assert.deepEqual(kallsyms.find(0xffffffffc0356bd8n), {
      name: "bpf_prog_6deef7357e7b4530_sd_devices",
      module: "[bpf]",
    });
    assert.equal(kallsyms.find(0xffffffff80ffffffn), undefined);
    assert.equal(kallsyms.find(0xffffffffffffffffn), undefined);
    assert.equal(kallsyms.find(0xffffffffa0000000n), undefined);
  });

  test("notices that all addresses are hidden", () => {
    const kallsyms = Kallsyms.parse(SMALL.replaceAll(/^[0-9a-f]{16}/gm, "0".repeat(16)));
    assert.equal(kallsyms.hidden, true);
    assert.equal(kallsyms.find(0n), undefined);
    assert.equal(Kallsyms.parse("").hidden, false);
  });

  test("agrees with a naive search in this machine's kernel", (t) => {
    const text = readFileSync("/proc/kallsyms", "latin1");
    const lines = text.split("\n").flatMap((line) => {
      const match = /^(\S+) ([tTwW]) ([^\t]+)(?:\t(\S+))?/.exec(line);
      return match
        ? [{ address: BigInt(`0x${match[1]}`), name: match[3], module: match[4] ?? "[kernel]" }]
        : [];
    });
    if (lines.every(({ address }) => address === 0n)) return t.skip("kernel addresses are hidden");
    const kallsyms = Kallsyms.parse(text);
    const random = seededRandom(3);
    for (let i = 0; i < 300; i++) {
      const base = lines[Math.floor(random() * lines.length)].address;
      const address = base + BigInt(Math.floor(random() * 200));
      let start = 0n;
      for (const line of lines) if (line.address <= address && line.address > start) start = line.address;
      const expected = lines.filter((line) => line.address === start);
      const found = kallsyms.find(address);
      if (address - start >= 1n << 20n) assert.equal(found, undefined);
      else assert.ok(expected.some(({ name, module }) => name === found?.name && module === found?.module));
    }
  });

  test("parses 250,000 lines (timing printed)", () => {
    const sorted = Array.from({ length: 250_000 }, (_, i) => {
      const address = (0xffffffff81000000n + BigInt(i * 64)).toString(16);
      return `${address} t some_function_of_usual_length_${i}${i > 240_000 ? "\t[module]" : ""}\n`;
    });
    const unsorted = [...sorted.slice(100_000), ...sorted.slice(0, 100_000)];
    for (const [order, text] of Object.entries({ sorted: sorted.join(""), unsorted: unsorted.join("") })) {
      const started = performance.now();
      const kallsyms = Kallsyms.parse(text);
      console.log(`kallsyms, 250,000 ${order} lines: ${(performance.now() - started).toFixed(1)} ms`);
      assert.equal(
        kallsyms.find(0xffffffff81000000n + 64n * 77_777n)?.name,
        "some_function_of_usual_length_77777",
      );
      assert.equal(kallsyms.find(0xffffffff81000000n + 64n * 249_999n)?.module, "[module]");
    }
  });
});
