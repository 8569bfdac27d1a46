import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import type { DwarfLines } from "../../../../bpf/symbols/dwarf/dwarf-lines.js";
import { temporaryDirectory } from "../compiled.js";
import { build } from "./programs.js";
import { codeAddresses, compare, openDwarf, printed } from "./reference.js";

const directory = temporaryDirectory();
let built = 0;

/** Builds a program and compares every fourth byte of its code, so all functions' first, with what the tools say. */
function check(compiler: string, flags: string[], postprocess?: (path: string) => void): DwarfLines {
  const path = build(directory, `program-${built++}`, compiler, flags);
  postprocess?.(path);
  const { elf, dwarf } = openDwarf(path);
  const addresses = codeAddresses(elf, 4);
  const { frames, byLlvm, differences } = compare(path, addresses, dwarf);
  assert.deepEqual(differences, [], `${compiler} ${flags.join(" ")}`);
  assert.ok(frames + byLlvm > addresses.length / 2, "most addresses have frames");
  assert.deepEqual(dwarf.notes(), []);
  console.log(
    `${compiler} ${flags.join(" ")}: ${addresses.length} addresses, ${frames} frames as addr2line, ${byLlvm} as llvm`,
  );
  elf.file.close();
  return dwarf;
}

/** Builds a program in two ways that make the same code, and compares their frames with each other. */
function sameFrames(
  compiler: string,
  plainFlags: string[],
  flags: string[],
  postprocess?: (path: string) => void,
): void {
  const [one, other] = [plainFlags, flags].map((some) =>
    build(directory, `program-${built++}`, compiler, some),
  );
  postprocess?.(other);
  const [plain, variant] = [openDwarf(one), openDwarf(other)];
  let frames = 0;
  for (const address of codeAddresses(plain.elf, 4)) {
    const expected = printed(plain.dwarf.frames(address));
    frames += expected.length;
    assert.deepEqual(printed(variant.dwarf.frames(address)), expected);
  }
  assert.ok(frames > 1000, `${frames} frames`);
  assert.deepEqual(variant.dwarf.notes(), []);
}

for (const compiler of ["gcc", "g++", "clang", "clang++"]) {
  test(`${compiler}: frames are those of addr2line`, () => {
    for (const version of [2, 3, 4, 5]) check(compiler, [`-gdwarf-${version}`]);
    check(compiler, ["-gdwarf-4", "-ffunction-sections", "-Wl,--gc-sections"]);
    check(compiler, ["-gdwarf-5", "-ffunction-sections", "-Wl,--gc-sections", "-no-pie"]);
  });

  test(`${compiler}: with link-time optimization`, () => {
    check(compiler, ["-gdwarf-4", "-flto"]);
    check(compiler, ["-gdwarf-5", "-flto"]);
  });

  test(`${compiler}: from compressed sections`, () => {
    check(compiler, ["-gdwarf-5", "-gz=zlib"]);
  });
}

test("from sections compressed in the older way", () => {
  check("gcc", ["-gdwarf-4", "-gz=zlib-gnu"]);
});

test("units in the 64-bit format", () => {
  check("gcc", ["-gdwarf-4", "-gdwarf64"]);
  // addr2line 2.40 cannot read these, so they are compared with the same program in the usual format.
  sameFrames("g++", ["-gdwarf-5"], ["-gdwarf-5", "-gdwarf64"]);
});

test("from sections that are compressed with zstd", () => {
  sameFrames("g++", ["-gdwarf-5"], ["-gdwarf-5"], (path) =>
    execFileSync("objcopy", ["--compress-debug-sections=zstd", path]),
  );
});

test("without .debug_aranges the units say themselves what they cover", () => {
  check("gcc", ["-gdwarf-5"], (path) => execFileSync("objcopy", ["--remove-section=.debug_aranges", path]));
});

test("with it, units that it does not list are found, too", () => {
  check("clang", ["-gdwarf-4", "-gdwarf-aranges"]);
});

test("a separate debug file gives the same frames as the program", () => {
  sameFrames("g++", ["-gdwarf-5"], ["-gdwarf-5"], (path) =>
    execFileSync("objcopy", ["--only-keep-debug", path]),
  );
});
