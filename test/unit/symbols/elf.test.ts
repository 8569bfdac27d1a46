import assert from "node:assert/strict";
import { copyFileSync, openSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { buildId } from "../../../bpf/symbols/build-id.js";
import { fileFromDescriptor } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import {
  compile,
  offsetOf,
  openElf,
  readelfSymbols,
  run,
  seededRandom,
  temporaryDirectory,
} from "./compiled.js";

const directory = temporaryDirectory();

/** Every name that nm gives to code, by address. */
function namesByAddress(path: string, ...flags: string[]): Map<number, string[]> {
  const names = new Map<number, string[]>();
  for (const [, address, name] of run("nm", ...flags, path).matchAll(/^([0-9a-f]+) [tTwWi] ([^@\n]+)/gm)) {
    const start = Number.parseInt(address, 16);
    names.set(start, [...(names.get(start) ?? []), name]);
  }
  return names;
}

describe("ElfResolver", () => {
  const variants: Record<string, string[]> = {
    pie: ["-pie", "-fPIE"],
    "no-pie": ["-no-pie"],
    static: ["-static"],
    prelinked: ["-no-pie", "-Wl,-Ttext-segment=0x7000000"],
  };
  for (const [name, flags] of Object.entries(variants)) {
    test(`names every function of a ${name} program as nm does`, () => {
      const path = compile(directory, name, flags);
      const resolver = openElf(path);
      const offset = offsetOf(path);
      const sizes = new Map(readelfSymbols(path).map((symbol) => [symbol.name, symbol.size]));
      const names = namesByAddress(path);
      let compared = 0;
      for (const [start, aliases] of names) {
        const isCode = aliases.some((alias) => (sizes.get(alias) ?? 0) > 0);
        if (!isCode) continue;
        const match = resolver.resolve(offset(start));
        assert.ok(aliases.includes(match.name ?? ""), `${start.toString(16)}: ${match.name} of ${aliases}`);
        assert.equal(match.virtualAddress, start);
        compared++;
      }
      assert.ok(compared >= 4, `${compared} functions`);
      resolver.close();
    });
  }

  test("prefers global names, then few underscores, then short ones", () => {
    const path = compile(directory, "aliases", []);
    const start = readelfSymbols(path).find(({ name }) => name === "shown_three")!.start;
    assert.equal(openElf(path).resolve(offsetOf(path)(start + 1)).name, "shown_three");
  });

  test("extends a symbol without a size to the next one", () => {
    const path = compile(directory, "assembly", []);
    const start = readelfSymbols(path).find(({ name }) => name === "bare_assembly")!.start;
    const match = openElf(path).resolve(offsetOf(path)(start + 3));
    assert.deepEqual([match.name, match.sized], ["bare_assembly", false]);
  });

  test("names a stripped program by its dynamic symbols alone", () => {
    const path = compile(directory, "dynamic", ["-rdynamic"]);
    const symbols = readelfSymbols(path);
    run("strip", path);
    const resolver = openElf(path);
    const offset = offsetOf(path);
    const at = (name: string) =>
      resolver.resolve(offset(symbols.find((symbol) => symbol.name === name)!.start));
    assert.equal(at("shown_two").name, "shown_two");
    assert.equal(at("main").name, "main");
    assert.deepEqual([at("hidden_one").name, at("hidden_one").reason], [undefined, "unknown-address"]);
  });

  test("says that a fully stripped program has no symbols", () => {
    const path = compile(directory, "stripped", ["-static", "-nostdlib"], "void _start(void) { for (;;); }");
    const start = readelfSymbols(path).find(({ name }) => name === "_start")!.start;
    run("strip", path);
    const match = openElf(path).resolve(offsetOf(path)(start));
    assert.deepEqual(match, { virtualAddress: start, reason: "missing-symbols" });
  });

  test("names random addresses of the node binary as readelf lists them", () => {
    const path = process.execPath;
    const symbols = readelfSymbols(path).filter(
      ({ type, size }) => (type === "FUNC" || type === "IFUNC") && size,
    );
    const offset = offsetOf(path);
    const resolver = openElf(path);
    const random = seededRandom(7);
    const started = performance.now();
    resolver.resolve(offset(symbols[0].start));
    const loaded = performance.now();
    const picks = Array.from({ length: 500 }, () => {
      const { start, size } = symbols[Math.floor(random() * symbols.length)];
      return start + Math.floor(random() * size);
    });
    const matches = picks.map((address) => resolver.resolve(offset(address)));
    const named = performance.now();
    console.log(
      `node: ${(resolver.heldBytes / 2 ** 20).toFixed(1)} MiB of symbols read in ${(loaded - started).toFixed(1)} ms; ` +
        `${(((named - loaded) * 1000) / picks.length).toFixed(1)} µs an address`,
    );
    // In pages of 64 KiB, so that not all are looked at for each address.
    const byPage = new Map<number, typeof symbols>();
    for (const symbol of symbols) {
      const last = (symbol.start + symbol.size - 1) >>> 16;
      for (let page = symbol.start >>> 16; page <= last; page++)
        byPage.set(page, [...(byPage.get(page) ?? []), symbol]);
    }
    for (const [i, address] of picks.entries()) {
      const near = byPage.get(address >>> 16) ?? [];
      const covering = near.filter(({ start, size }) => address >= start && address < start + size);
      const innermost = Math.max(...covering.map(({ start }) => start));
      const aliases = covering.filter(({ start }) => start === innermost);
      const bindings = ["GLOBAL", "WEAK", "LOCAL"].map((binding) =>
        aliases.filter((a) => a.binding === binding),
      );
      const best = bindings.find((group) => group.length > 0)!.map(({ name }) => name);
      assert.ok(
        best.includes(matches[i].name ?? ""),
        `${address.toString(16)}: ${matches[i].name} of ${best}`,
      );
    }
    resolver.close();
  });
});

describe("buildId", () => {
  test("is what readelf prints, and absent where there is none", () => {
    for (const [name, flag] of [
      ["with-id", "-Wl,--build-id=sha1"],
      ["without-id", "-Wl,--build-id=none"],
    ]) {
      const path = compile(directory, name, [flag]);
      const file = fileFromDescriptor(openSync(path, "r"));
      assert.ok(!isReason(file));
      assert.equal(buildId(file), /Build ID: (\w+)/.exec(run("readelf", "-n", path))?.[1]);
      file.close();
    }
  });
});

test("a file written over is another file", () => {
  const path = join(directory, "copy");
  const identities = ["aliases", "assembly"].map((name) => {
    copyFileSync(compile(directory, name, []), path);
    const { file } = openElf(path).elf;
    file.close();
    return file.identity;
  });
  assert.notEqual(identities[0], identities[1]);
});
