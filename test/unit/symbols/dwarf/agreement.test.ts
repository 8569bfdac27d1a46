import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { DwarfLines } from "../../../../bpf/symbols/dwarf/dwarf-lines.js";
import { temporaryDirectory } from "../compiled.js";
import { build, GO, RUST } from "./programs.js";
import { codeAddresses, compare, llvmSymbolizer, openDwarf, printed } from "./reference.js";

const directory = temporaryDirectory();
const built = new Map<string, string>();

/** Builds a program, once; what is done with it afterwards is done with a copy. */
function program(compiler: string, flags: string[], postprocess?: (path: string) => void): string {
  const key = [compiler, ...flags].join(" ");
  const path = built.get(key) ?? build(directory, `program-${built.size}`, compiler, flags);
  built.set(key, path);
  if (!postprocess) return path;
  const copy = `${path}-copy-${copies++}`;
  copyFileSync(path, copy);
  postprocess(copy);
  return copy;
}
let copies = 0;

/** Builds a program and compares every fourth byte of its code, so all functions' first, with what the tools say. */
function check(compiler: string, flags: string[], postprocess?: (path: string) => void): DwarfLines {
  const path = program(compiler, flags, postprocess);
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
  const [plain, variant] = [
    openDwarf(program(compiler, plainFlags)),
    openDwarf(program(compiler, flags, postprocess)),
  ];
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
    check(compiler, ["-gdwarf-4"]);
    check(compiler, ["-gdwarf-5"]);
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

test("functions without a linkage name are named with their scopes, in each unit", () => {
  const { elf, dwarf } = openDwarf(program("g++", ["-gdwarf-5"]));
  const names = new Set(
    codeAddresses(elf, 1).flatMap((address) => dwarf.frames(address).map(({ name }) => name)),
  );
  const unmangled = [...names].filter((name) => !name.startsWith("_Z") && name.includes("::"));
  assert.ok(names.has("(anonymous namespace)::Order::operator()"), unmangled.join("\n"));
  assert.ok(names.has("feed::<lambda>::operator()"), unmangled.join("\n"));
  assert.ok(names.has("feed::Local::add"), unmangled.join("\n"));
  for (const name of unmangled) assert.match(name, /^(std|__gnu_cxx|feed|\(anonymous namespace\))::/);
});

test("split units give lines, and a note that the rest was not read", () => {
  for (const compiler of ["gcc", "clang"]) {
    const path = build(directory, `split-${compiler}`, compiler, ["-gdwarf-5", "-gsplit-dwarf"]);
    const { elf, dwarf } = openDwarf(path);
    const addresses = codeAddresses(elf, 4);
    const expected = llvmSymbolizer(path, addresses).map((lines) =>
      lines[0].slice(lines[0].lastIndexOf(" ") + 1),
    );
    const ours = addresses.map((address) => printed(dwarf.frames(address)));
    const withLines = ours.filter((lines, i) => {
      if (lines.length > 0) assert.equal(lines[0].slice(lines[0].lastIndexOf(" ") + 1), expected[i]);
      return lines.length > 0;
    });
    assert.ok(withLines.length > addresses.length / 2, `${withLines.length} lines`);
    assert.match(dwarf.notes().join(), /^split DWARF: .*\.dwo is not read/);
  }
});

test("from the older versions of the format", () => {
  for (const version of [2, 3]) check("gcc", [`-gdwarf-${version}`]);
});

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

/** Compares a program that is no C with llvm-symbolizer alone: addr2line 2.40 does not read Go's, and demangles Rust's. */
function checkPlaces(path: string): void {
  const { elf, dwarf } = openDwarf(path);
  const addresses = codeAddresses(elf, 64);
  const expected = llvmSymbolizer(path, addresses);
  const withoutName = (line: string) => line.slice(line.lastIndexOf(" "));
  let frames = 0;
  addresses.forEach((address, i) => {
    const ours = printed(dwarf.frames(address));
    frames += ours.length;
    const theirs = expected[i].map(withoutName);
    if (ours.length > 0) assert.deepEqual(ours.map(withoutName), theirs, `0x${address.toString(16)}`);
    else assert.match(theirs[0], /:\?$/);
  });
  assert.ok(frames > 3000, `${frames} frames`);
  elf.file.close();
}

const hasCommand = (command: string) => spawnSync(command, ["--help"]).error === undefined;

test("Go", { skip: !hasCommand("go") && "go is not installed" }, () => {
  const path = join(directory, "go-program");
  writeFileSync(`${path}.go`, GO);
  execFileSync("go", ["build", "-o", path, `${path}.go`], { env: { ...process.env, GO111MODULE: "off" } });
  checkPlaces(path);
  const { dwarf } = openDwarf(path);
  const [start] = symbolAddresses(path, "main.total");
  const inlined = Array.from({ length: 200 }, (_, i) => dwarf.frames(start + i)).find(
    (frames) => frames.length === 2,
  );
  assert.deepEqual(
    inlined?.map((frame) => [frame.name, frame.inlined]),
    [
      ["main.total", false],
      ["main.weigh", true],
    ],
  );
});

test("Rust", { skip: !hasCommand("rustc") && "rustc is not installed" }, () => {
  const path = join(directory, "rust-program");
  writeFileSync(`${path}.rs`, RUST);
  for (const flags of [["debuginfo=1"], ["debuginfo=2", "-C", "lto=fat"]]) {
    execFileSync("rustc", ["-O", "-C", ...flags, "-o", path, `${path}.rs`]);
    checkPlaces(path);
  }
});

function symbolAddresses(path: string, name: string): number[] {
  const lines = execFileSync("nm", [path], { encoding: "utf8", maxBuffer: 1 << 28 }).split("\n");
  return lines.filter((line) => line.endsWith(` ${name}`)).map((line) => Number.parseInt(line, 16));
}
