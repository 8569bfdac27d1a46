import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { describe, test } from "node:test";
import { compile, offsetOf, openElf, run, temporaryDirectory } from "./compiled.js";

const directory = temporaryDirectory();

const CALLS = `
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
int main(int c, char **v) {
  void (*give_back)(void *) = free;
  char *copy = malloc(c); memset(copy, 0, c); puts(v[0]); give_back(copy);
  qsort(v, c, sizeof *v, (int (*)(const void *, const void *))strcmp);
  return 0;
}
`;

/** Stubs as objdump names them: each instruction's address in the sections of stubs, by its stub. */
function stubsOf(path: string): Map<number, string> {
  const stubs = new Map<number, string>();
  let name = "";
  for (const part of run("objdump", "-d", path).split("Disassembly of section ")) {
    if (!part.startsWith(".plt")) continue;
    for (const line of part.split("\n")) {
      // `<puts@plt-0x10>` is what stands before all stubs.
      const label = /^[0-9a-f]+ <(.*)>:$/.exec(line);
      if (label) name = /^[^+]+@plt$/.test(label[1]) ? label[1] : "";
      const address = /^\s*([0-9a-f]+):\t/.exec(line);
      if (address && name) stubs.set(Number.parseInt(address[1], 16), name);
    }
  }
  return stubs;
}

describe("PLT stubs", () => {
  const cet = ["-fcf-protection=full", "-Wl,-z,ibtplt"];
  const variants: Record<string, string[]> = {
    now: ["-Wl,-z,now"],
    lazy: ["-Wl,-z,lazy"],
    cet: ["-Wl,-z,now", ...cet],
    "lazy cet": ["-Wl,-z,lazy", ...cet],
    "no-pie": ["-no-pie", "-Wl,-z,lazy"],
    gold: ["-fuse-ld=gold", "-Wl,-z,lazy"],
  };
  for (const [name, flags] of Object.entries(variants)) {
    test(`are named as objdump names them: ${name}`, (t) => {
      if (name === "gold" && !existsSync("/usr/bin/ld.gold")) return t.skip("no gold linker");
      const path = compile(directory, name.replace(" ", "-"), ["-fno-builtin", ...flags], CALLS);
      const stubs = stubsOf(path);
      assert.ok(stubs.size >= 8, `${stubs.size} addresses`);
      const offset = offsetOf(path);
      for (const stripped of [false, true]) {
        if (stripped) run("strip", path);
        const resolver = openElf(path);
        for (const [address, stub] of stubs)
          assert.equal(resolver.resolve(offset(address)).name, stub, `${address.toString(16)} in ${path}`);
        resolver.close();
      }
    });
  }

  test("the half of a stub that binds late has the name too", () => {
    const path = compile(directory, "late", ["-fno-builtin", "-Wl,-z,lazy", ...cet], CALLS);
    const [, start] = /\.plt\s+PROGBITS\s+([0-9a-f]+)/.exec(run("readelf", "-SW", path))!;
    const order = [...run("readelf", "-rW", path).matchAll(/R_X86_64_JUMP_SLOT\s+\w+\s+(\w+)@/g)];
    const resolver = openElf(path);
    for (const [i, [, name]] of order.entries()) {
      const address = Number.parseInt(start, 16) + 16 * (i + 1);
      assert.equal(resolver.resolve(offsetOf(path)(address + 4)).name, `${name}@plt`);
    }
    assert.ok(order.length >= 3);
    resolver.close();
  });

  test("in a static program have the name of what they lead to", () => {
    const path = compile(directory, "static", ["-static"]);
    const [, start, size] = /\.plt\s+PROGBITS\s+([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)/.exec(
      run("readelf", "-SW", path),
    )!;
    const resolver = openElf(path);
    const names = new Set<string | undefined>();
    for (let at = 0; at < Number.parseInt(size, 16); at += 8)
      names.add(resolver.resolve(offsetOf(path)(Number.parseInt(start, 16) + at)).name);
    assert.ok(names.has("strchr@plt") || names.has("memcpy@plt"), [...names].join(" "));
    resolver.close();
  });
});
