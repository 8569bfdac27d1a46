import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { after, describe, test } from "node:test";
import type { FileSource } from "../../../bpf/symbols/file-source.js";
import { MappingTable } from "../../../bpf/symbols/mapping-table.js";
import { parseMaps } from "../../../bpf/symbols/maps.js";
import { ProcFileSource } from "../../../bpf/symbols/proc-file-source.js";
import { Symbolizer } from "../../../bpf/symbols/symbolizer.js";
import { openVdso } from "../../../bpf/symbols/vdso.js";
import { compile, lowestFreeDescriptor, readelfSymbols, run, temporaryDirectory } from "./compiled.js";

const directory = temporaryDirectory();
const sleepers: ChildProcess[] = [];
after(() => {
  for (const child of sleepers) child.kill("SIGKILL");
});

/** A program that prints the address of its own function and then waits for its input to end. */
const SLEEPER = `
#include <stdio.h>
#include <unistd.h>
int inner_function(int n) { return n * 2 + 1; }
int main(void) { printf("%lx %lx\\n", (long)inner_function, (long)getpid); fflush(stdout); char c; return read(0, &c, 1); }
`;

async function startSleeper(path: string) {
  const child = spawn(path, { stdio: ["pipe", "pipe", "inherit"] });
  sleepers.push(child);
  const [line] = await once(child.stdout, "data");
  const [own, library] = String(line)
    .trim()
    .split(" ")
    .map((address) => Number.parseInt(address, 16));
  const source = new ProcFileSource();
  const mappings = new MappingTable(parseMaps(source.readMaps(child.pid!)!));
  return { pid: child.pid!, own, library, mappings };
}

/** A source that has only what a test gives it. */
function sourceOf(parts: Partial<FileSource>): FileSource {
  return {
    openMapped: () => "io-error",
    openDebugFile: () => "file-gone",
    readKallsyms: () => "",
    readPerfMap: () => undefined,
    readMaps: () => undefined,
    ...parts,
  };
}

describe("Symbolizer on a live process", () => {
  test("names functions of the program and of its library", async () => {
    const path = compile(directory, "sleeper", [], SLEEPER);
    const { pid, own, library, mappings } = await startSleeper(path);
    const before = lowestFreeDescriptor();
    const symbolizer = new Symbolizer(new ProcFileSource());
    assert.deepEqual(symbolizer.user(pid, mappings, own + 2), [
      { name: "inner_function", module: path, kind: "user" },
    ]);
    const [inLibrary] = symbolizer.user(pid, mappings, library + 1);
    assert.match(inLibrary.name, /getpid/);
    assert.match(inLibrary.module, /libc/);
    symbolizer.forgetProcess(pid);
    assert.equal(symbolizer.user(pid, mappings, own)[0].name, "inner_function");
    symbolizer.close();
    assert.equal(lowestFreeDescriptor(), before);
  });

  test("names a program that was deleted and replaced", async (t) => {
    if (process.getuid?.() !== 0) return t.skip("/proc/PID/map_files needs root");
    const path = compile(directory, "replaced", [], SLEEPER);
    const { pid, own } = await startSleeper(path);
    rmSync(path);
    writeFileSync(path, "something else");
    const mappings = new MappingTable(parseMaps(readFileSync(`/proc/${pid}/maps`, "utf8")));
    assert.equal(mappings.find(own)?.deleted, true);
    const frames = new Symbolizer(new ProcFileSource()).user(pid, mappings, own);
    assert.deepEqual(frames, [{ name: "inner_function", module: path, kind: "user" }]);
  });

  test("does not take another file for the mapped one", async () => {
    const path = compile(directory, "swapped", [], SLEEPER);
    const { pid, own, mappings } = await startSleeper(path);
    const mapping = { ...mappings.find(own)!, start: mappings.find(own)!.start - 0x1000 };
    renameSync(path, `${path}-old`);
    compile(directory, "swapped", [], SLEEPER);
    // A range that is not the kernel's own, so that only the path is left.
    assert.equal(new ProcFileSource().openMapped(pid, mapping), "file-gone");
    const table = new MappingTable([mapping]);
    const [frame] = new Symbolizer(new ProcFileSource()).user(pid, table, own);
    assert.equal(frame.name.replace(/\+0x[0-9a-f]+$/, "+"), `${basename(path)}+`);
    assert.equal(frame.reason, "file-gone");
  });

  test("names the vdso's functions", () => {
    const image = openVdso();
    assert.ok(typeof image !== "string");
    const file = join(directory, "vdso.so");
    writeFileSync(file, image.read(0, image.size));
    const { start, name } = readelfSymbols(file).find((symbol) => symbol.name === "__vdso_clock_gettime")!;
    const mappings = new MappingTable(parseMaps(readFileSync("/proc/self/maps", "utf8")));
    const vdso = [...mappings].find(({ path }) => path === "[vdso]")!;
    const [frame] = new Symbolizer(sourceOf({})).user(process.pid, mappings, vdso.start + start + 1);
    assert.deepEqual(
      { ...frame, name: frame.name.replace(/^(__vdso_)?/, "__vdso_") },
      { name, module: "[vdso]", kind: "user" },
    );
  });

  test("names a kernel function of this machine", (t) => {
    const symbolizer = new Symbolizer(new ProcFileSource());
    const line = /^([0-9a-f]{16}) T schedule$/m.exec(readFileSync("/proc/kallsyms", "latin1"));
    if (!line || /^0+$/.test(line[1])) return t.skip("kernel addresses are hidden");
    const frame = symbolizer.kernel(BigInt(`0x${line[1]}`) + 4n);
    assert.deepEqual(frame, { name: "schedule", module: "[kernel]", kind: "kernel" });
    assert.deepEqual(symbolizer.notes(), []);
  });
});

describe("Symbolizer without names", () => {
  const maps = [
    "400000-500000 r-xp 00001000 fe:00 77 /opt/tool",
    "600000-700000 r-xp 00000000 00:00 0",
    "7ff000000000-7ff000002000 r-xp 00000000 00:00 0 [uprobes]",
  ].join("\n");
  const mappings = new MappingTable(parseMaps(maps));

  test("never drops an address", () => {
    const symbolizer = new Symbolizer(sourceOf({}));
    const frame = (address: number, displayed?: number) =>
      symbolizer.user(1, mappings, address, { displayed })[0];
    assert.deepEqual(frame(0x400010), {
      name: "tool+0x1010",
      module: "/opt/tool",
      kind: "user",
      reason: "io-error",
    });
    assert.equal(frame(0x400010, 0x400011).name, "tool+0x1011");
    assert.deepEqual(frame(0x600000), {
      name: "[unknown]",
      module: "[jit]",
      kind: "jit",
      reason: "no-jit-map",
    });
    assert.deepEqual(frame(0x7ff000000004), {
      name: "[uprobes]+0x4",
      module: "[uprobes]",
      kind: "user",
      reason: "missing-symbols",
    });
    const unmapped = { name: "[unknown]", module: "[unknown]", kind: "user", reason: "unmapped" };
    assert.deepEqual(frame(0x1), unmapped);
    assert.deepEqual(symbolizer.user(1, undefined, 0x400010), [{ ...unmapped, reason: "process-gone" }]);
  });

  test("shows the virtual address of a stripped program", () => {
    const path = compile(
      directory,
      "bare",
      ["-static", "-nostdlib", "-no-pie"],
      "void _start(void) { for (;;); }",
    );
    const start = readelfSymbols(path).find(({ name }) => name === "_start")!.start;
    const [, offset, address] = /LOAD\s+(0x\w+)\s+(0x\w+)\s+0x\w+\s+0x\w+\s+0x\w+\s+R E/.exec(
      run("readelf", "-lW", path),
    )!;
    run("strip", path);
    const table = new MappingTable(
      parseMaps(`7000000-7001000 r-xp ${Number(offset).toString(16).padStart(8, "0")} fe:00 5 /x/bare`),
    );
    const symbolizer = new Symbolizer(sourceOf({ openMapped: () => ({ fd: openSync(path, "r") }) }));
    const [frame] = symbolizer.user(1, table, 0x7000000 + start - Number(address));
    assert.deepEqual([frame.name, frame.reason], [`bare+0x${start.toString(16)}`, "missing-symbols"]);
    symbolizer.close();
  });

  test("holds a bounded size of perf maps, however many processes have large ones", () => {
    const large = `600000 40 code\n${"\n".repeat((32 << 20) - 15)}`;
    let held = 0;
    const symbolizer = new Symbolizer(
      sourceOf({
        readPerfMap(_pid, maxBytes = Number.POSITIVE_INFINITY) {
          const text = large.length <= maxBytes ? large : "600000 40 code\n";
          held += Math.min(large.length, maxBytes);
          return Buffer.from(text.padEnd(Math.min(large.length, maxBytes), "\n"));
        },
      }),
    );
    const nameAll = () => {
      for (let pid = 1; pid <= 8; pid++)
        assert.equal(symbolizer.user(pid, mappings, 0x600001)[0].name, "code");
    };
    nameAll();
    assert.equal(held, (3 * 32 + 5) << 20);
    for (let pid = 1; pid <= 8; pid++) symbolizer.forgetProcess(pid);
    nameAll();
    assert.equal(held, (2 * (3 * 32 + 5)) << 20, "what is forgotten makes room");
  });

  test("uses the perf map for anonymous code and for files without a name there", () => {
    const map = "600000 40 JS:*fib /a/b.ts:10:5\n400000 100 Builtin:ArrayMap\nbroken\n";
    let reads = 0;
    const symbolizer = new Symbolizer(sourceOf({ readPerfMap: () => Buffer.from([map, ""][reads++]) }));
    assert.deepEqual(symbolizer.user(9, mappings, 0x600001)[0], {
      name: "fib",
      module: "[jit]",
      kind: "jit",
      file: "/a/b.ts",
      line: 10,
      column: 5,
    });
    assert.deepEqual(symbolizer.user(9, mappings, 0x400001)[0], {
      name: "Builtin:ArrayMap",
      module: "/opt/tool",
      kind: "jit",
    });
    assert.equal(symbolizer.user(9, mappings, 0x400100)[0].reason, "io-error");
    assert.deepEqual(symbolizer.notes(), ["the perf map of pid 9 has 1 unusable lines"]);
    assert.equal(reads, 1);
    symbolizer.forgetProcess(9);
    assert.equal(symbolizer.user(9, mappings, 0x600001)[0].name, "[unknown]");
    assert.deepEqual(symbolizer.notes(), []);
  });

  test("explains hidden and unreadable kernel addresses", () => {
    const hidden = new Symbolizer(
      sourceOf({ readKallsyms: () => "0000000000000000 T schedule\n", readKptrRestrict: () => "2\n" }),
    );
    assert.deepEqual(hidden.notes(), []);
    const frame = { name: "[unknown]", module: "[kernel]", kind: "kernel" };
    assert.deepEqual(hidden.kernel(0xffffffff81000000n), { ...frame, reason: "hidden" });
    assert.deepEqual(hidden.notes(), [
      "kernel addresses are hidden (kernel.kptr_restrict = 2): kernel frames have no names",
    ]);
    const unreadable = new Symbolizer(
      sourceOf({
        readKallsyms: () => {
          throw new Error("EACCES: permission denied");
        },
      }),
    );
    assert.deepEqual(unreadable.kernel(0xffffffff81000000n), { ...frame, reason: "io-error" });
    assert.match(unreadable.notes()[0], /EACCES/);
  });
});

test("ProcFileSource reads the perf map of a process, but not somebody else's file", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("needs root to give a file away");
  const { pid } = await startSleeper(compile(directory, "mapped", [], SLEEPER));
  const path = `/tmp/perf-${pid}.map`;
  t.after(() => rmSync(path, { force: true }));
  writeFileSync(path, "1000 10 code\n");
  assert.equal(String(new ProcFileSource().readPerfMap(pid)), "1000 10 code\n");
  const { chownSync } = await import("node:fs");
  chownSync(path, 12345, 12345);
  assert.equal(new ProcFileSource().readPerfMap(pid), undefined);
});
