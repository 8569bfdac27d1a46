import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { findDebugFile, type OpenDebugFile } from "../../../bpf/symbols/debug-file.js";
import { ElfFile } from "../../../bpf/symbols/elf-file.js";
import type { ElfAids } from "../../../bpf/symbols/elf-resolver.js";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { ProcFileSource } from "../../../bpf/symbols/proc-file-source.js";
import { XzUnpacker } from "../../../bpf/symbols/xz.js";
import {
  compile,
  lowestFreeDescriptor,
  offsetOf,
  openElf,
  readelfSymbols,
  run,
  temporaryDirectory,
} from "./compiled.js";

const directory = temporaryDirectory();
const xz = new XzUnpacker();
after(() => xz.close());

/** Opens candidates here, and notes which were asked for. */
function opener(asked: string[] = [], roots: Record<string, string> = {}): OpenDebugFile {
  return (path) => {
    asked.push(path);
    const root = Object.keys(roots).find((prefix) => path.startsWith(prefix));
    const real = root === undefined ? path : path.replace(root, roots[root]);
    return existsSync(real) ? { fd: openSync(real, "r") } : "file-gone";
  };
}

/** A program without `.symtab`, its debug file, and where `hidden_one` is in it. */
function split(name: string, ...flags: string[]) {
  const path = compile(directory, name, flags);
  const start = readelfSymbols(path).find((symbol) => symbol.name === "hidden_one")!.start;
  const debug = `${path}.debug`;
  run("objcopy", "--only-keep-debug", path, debug);
  run("strip", path);
  return { path, debug, offset: offsetOf(path)(start) };
}

function nameWith(path: string, offset: number, aids: ElfAids): string | undefined {
  const before = lowestFreeDescriptor();
  const resolver = openElf(path, aids);
  const { name } = resolver.resolve(offset);
  resolver.close();
  assert.equal(lowestFreeDescriptor(), before, "a descriptor was left open");
  return name;
}

describe("separate debug files", () => {
  test("are found under their build id", () => {
    const { path, debug, offset } = split("by-id", "-Wl,--build-id=sha1");
    const id = /Build ID: (\w+)/.exec(run("readelf", "-n", path))![1];
    const store = join(directory, "store");
    mkdirSync(join(store, ".build-id", id.slice(0, 2)), { recursive: true });
    renameSync(debug, join(store, ".build-id", id.slice(0, 2), `${id.slice(2)}.debug`));
    const asked: string[] = [];
    const openDebugFile = opener(asked, { "/usr/lib/debug": store });
    assert.equal(nameWith(path, offset, { path, openDebugFile }), "hidden_one");
    assert.deepEqual(asked, [`/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`]);
    assert.equal(nameWith(path, offset, {}), undefined);
  });

  test("of another owner than the program's and root are not taken: one process could name all others' code", () => {
    const { path, debug } = split("of-another", "-Wl,--build-id=none");
    run("objcopy", `--add-gnu-debuglink=${debug}`, path);
    if (process.getuid?.() === 0) chownSync(debug, 65534, 65534);
    const found = (owner: number) => {
      const elf = ElfFile.read(fileFromBytes(readFileSync(path), "of-another", owner)) as ElfFile;
      const before = lowestFreeDescriptor();
      const file = findDebugFile(elf, path, opener());
      file?.file.close();
      assert.equal(lowestFreeDescriptor(), before, "a descriptor was left open");
      return file !== undefined;
    };
    assert.equal(found(statSync(debug).uid), true);
    assert.equal(found(0), false);
  });

  test("are found by their link beside the program, in .debug and under /usr/lib/debug", () => {
    const { path, debug, offset } = split("by-link", "-Wl,--build-id=none");
    run("objcopy", `--add-gnu-debuglink=${debug}`, path);
    const elsewhere = join(directory, "elsewhere");
    const places = [dirname(debug), join(dirname(debug), ".debug"), join(elsewhere, dirname(debug))];
    let at = debug;
    for (const [i, place] of places.entries()) {
      mkdirSync(place, { recursive: true });
      const next = join(place, basename(debug));
      if (next !== at) renameSync(at, next);
      at = next;
      const asked: string[] = [];
      const aids = { path, openDebugFile: opener(asked, { "/usr/lib/debug": elsewhere }) };
      assert.equal(nameWith(path, offset, aids), "hidden_one");
      assert.equal(asked.length, i + 1);
    }
  });

  test("are known by their checksum as far as a number of bytes goes, all that are tried together", () => {
    const { path, debug } = split("by-checksum", "-Wl,--build-id=none");
    run("objcopy", `--add-gnu-debuglink=${debug}`, path);
    const inFolder = join(dirname(debug), ".debug", basename(debug));
    mkdirSync(dirname(inFolder), { recursive: true });
    renameSync(debug, inFolder);
    writeFileSync(debug, Buffer.concat([readFileSync(inFolder), Buffer.from("x")])); // the first to be tried
    const bothBytes = statSync(debug).size + statSync(inFolder).size;
    const found = (maxBytes: number) => {
      const elf = ElfFile.read(
        fileFromBytes(readFileSync(path), "by-checksum", statSync(debug).uid),
      ) as ElfFile;
      const before = lowestFreeDescriptor();
      const file = findDebugFile(elf, path, opener(), maxBytes);
      file?.file.close();
      assert.equal(lowestFreeDescriptor(), before, "a descriptor was left open");
      return file !== undefined;
    };
    assert.equal(found(bothBytes), true);
    assert.equal(found(bothBytes - 1), false);
  });

  test("of another build are not taken", () => {
    const { path, debug, offset } = split("damaged", "-Wl,--build-id=none");
    run("objcopy", `--add-gnu-debuglink=${debug}`, path);
    appendFileSync(debug, "x");
    assert.equal(nameWith(path, offset, { path, openDebugFile: opener() }), undefined, "a wrong checksum");
    const one = split("one", "-Wl,--build-id=sha1");
    const two = split("two", "-Wl,--build-id=sha1", "-O2");
    run("objcopy", `--add-gnu-debuglink=${one.debug}`, one.path);
    copyFileSync(two.debug, one.debug);
    assert.equal(nameWith(one.path, one.offset, { path: one.path, openDebugFile: opener() }), undefined);
  });

  test("are opened through ProcFileSource, but not as a link beside the program", () => {
    const source = new ProcFileSource();
    const file = join(directory, "plain");
    const link = join(directory, "link");
    run("cp", "/bin/true", file);
    run("ln", "-s", file, link);
    const before = lowestFreeDescriptor();
    const opened = source.openDebugFile(process.pid, file);
    assert.ok(typeof opened !== "string");
    execFileSync("true");
    assert.equal(source.openDebugFile(process.pid, link), "file-gone");
    assert.equal(source.openDebugFile(process.pid, directory), "file-gone");
    assert.equal(opened.fd, before);
  });
});

describe(".gnu_debugdata", () => {
  /** Adds the symbols as distributions do: only those, packed with xz, as a section. */
  function withDebugData(name: string, ...xzFlags: string[]) {
    const { path, debug, offset } = split(name, "-Wl,--build-id=none");
    run("strip", "--strip-debug", debug);
    run("xz", ...xzFlags, debug);
    run("objcopy", "--add-section", `.gnu_debugdata=${debug}.xz`, path);
    rmSync(`${debug}.xz`);
    return { path, offset };
  }

  for (const flags of [[], ["-9e"], ["--check=crc32"], ["--check=none"], ["--block-size=1024"]]) {
    test(`names functions that only it has (xz ${flags.join(" ")})`, () => {
      const { path, offset } = withDebugData(`mini${flags.join("")}`, ...flags);
      assert.equal(nameWith(path, offset, {}), undefined);
      assert.equal(nameWith(path, offset, { unpack: (packed) => xz.unpack(packed) }), "hidden_one");
    });
  }
});

describe("XzUnpacker", () => {
  const pack = (input: Uint8Array) => execFileSync("xz", ["-c"], { input, maxBuffer: 1 << 30 });

  test("unpacks, again and again", () => {
    for (const size of [0, 1, 100_000, 3_000_000]) {
      const content = Buffer.alloc(size, "proflab");
      assert.deepEqual(Buffer.from(xz.unpack(pack(content)) ?? "nothing"), content);
    }
  });

  test("refuses what is larger than its limit, damaged or cut short, and goes on", () => {
    const packed = pack(Buffer.alloc(2_000_000, "x"));
    assert.equal(xz.unpack(packed, 1_999_999), undefined);
    assert.equal(xz.unpack(packed, 2_000_000)?.length, 2_000_000);
    assert.equal(xz.unpack(packed.subarray(0, packed.length >> 1)), undefined);
    assert.equal(xz.unpack(new Uint8Array(0)), undefined);
    const damaged = Buffer.from(packed);
    damaged[damaged.length >> 1] ^= 0xff;
    assert.equal(xz.unpack(damaged), undefined);
    assert.deepEqual(xz.unpack(pack(Buffer.from("on"))), new Uint8Array([111, 110]));
  });

  test("gives a window's streams a bounded time together, and says of the others that they were left out", () => {
    const slow = execFileSync("sh", ["-c", "head -c 256M /dev/zero | xz -0"], { maxBuffer: 1 << 26 });
    xz.beginWindow();
    assert.deepEqual(xz.notes(), []);
    for (let i = 0; i < 50 && xz.notes().length === 0; i++)
      assert.equal(xz.unpack(slow, 256 << 20), undefined);
    assert.match(xz.notes().join(), /of 1 files was not unpacked/);
    assert.equal(xz.unpack(pack(Buffer.from("on"))), undefined);
    xz.beginWindow();
    assert.deepEqual(xz.unpack(pack(Buffer.from("on"))), new Uint8Array([111, 110]));
    assert.deepEqual(xz.notes(), []);
  });
});
