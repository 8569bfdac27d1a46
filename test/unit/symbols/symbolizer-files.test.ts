import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { FileSource } from "../../../bpf/symbols/file-source.js";
import { MappingTable } from "../../../bpf/symbols/mapping-table.js";
import { parseMaps } from "../../../bpf/symbols/maps.js";
import { MAX_ALL_MS, MAX_PROCESS_MS, NamingTime } from "../../../bpf/symbols/naming-time.js";
import { ProcFileSource } from "../../../bpf/symbols/proc-file-source.js";
import type { OpenLines, SourceFrame } from "../../../bpf/symbols/source-lines.js";
import { Symbolizer } from "../../../bpf/symbols/symbolizer.js";
import { withPeak } from "../../helpers/peak-memory.js";
import { compile, offsetOf, readelfSymbols, temporaryDirectory } from "./compiled.js";

const directory = temporaryDirectory();
const path = compile(
  directory,
  "program",
  [],
  "int _Z4busyi(int n) { return n * 3; } int main(void) { return _Z4busyi(1); }",
);
const start = readelfSymbols(path).find(({ name }) => name === "_Z4busyi")!.start;
const place = offsetOf(path)(start);

/** Where the program is mapped in process `pid`, and the address of its function there. */
function mapped(pid: number) {
  const base = 0x7000_0000 + pid * 0x10_0000;
  const line = `${base.toString(16)}-${(base + 0x8000).toString(16)} r-xp 00000000 fe:00 5 ${path}`;
  return { pid, mappings: new MappingTable(parseMaps(line)), address: base + place };
}

function sourceOf(parts: Partial<FileSource> = {}): FileSource {
  return {
    openMapped: () => ({ fd: openSync(path, "r") }),
    openDebugFile: () => "file-gone",
    readKallsyms: () => "ffffffff81000000 T _RNvC6_kernel4busy\n",
    readPerfMap: () => undefined,
    readMaps: () => undefined,
    ...parts,
  };
}

describe("Symbolizer", () => {
  test("shows C++ and Rust names as people write them, or as they are in the file", () => {
    const symbolizer = new Symbolizer(sourceOf());
    const { pid, mappings, address } = mapped(1);
    assert.equal(symbolizer.user(pid, mappings, address)[0].name, "busy(int)");
    assert.equal(symbolizer.user(pid, mappings, address, { demangle: false })[0].name, "_Z4busyi");
    assert.equal(symbolizer.kernel(0xffffffff81000000n).name, "kernel::busy");
    assert.equal(symbolizer.kernel(0xffffffff81000000n, { demangle: false }).name, "_RNvC6_kernel4busy");
    symbolizer.close();
  });

  test("gives the inlined functions of an address after the one that contains them", () => {
    const frames: SourceFrame[] = [
      { name: "busy", file: "/src/a.cc", line: 12, declarationLine: 10, inlined: false },
      { name: "_ZN5inner4stepEv", file: "/src/a.h", line: 3, inlined: true },
      { name: "", inlined: true },
    ];
    const openLines: OpenLines = () => ({
      frames: (at) => (at === start ? frames : []),
      sizeBytes: 0,
      notes: () => ["split DWARF: a.dwo is not read"],
    });
    const symbolizer = new Symbolizer(sourceOf(), openLines);
    const { pid, mappings, address } = mapped(1);
    const common = { module: path, kind: "user" };
    assert.deepEqual(symbolizer.user(pid, mappings, address), [
      { ...common, name: "busy(int)", file: "/src/a.cc", line: 10 },
      { ...common, name: "inner::step()", file: "/src/a.h", line: 3, inlined: true },
      { ...common, name: "[unknown]", inlined: true },
    ]);
    assert.deepEqual(symbolizer.notes(), ["program: split DWARF: a.dwo is not read"]);
    symbolizer.beginWindow();
    assert.deepEqual(symbolizer.notes(), []);
    assert.deepEqual(symbolizer.user(pid, mappings, address + 1), [{ ...common, name: "busy(int)" }]);
    symbolizer.close();
  });

  test("looks a place in a file up once, for all processes and windows", () => {
    let asked = 0;
    const openLines: OpenLines = () => ({
      frames: () => {
        asked++;
        return [];
      },
      sizeBytes: 0,
      notes: () => [],
    });
    const symbolizer = new Symbolizer(sourceOf(), openLines);
    for (let round = 0; round < 3; round++) {
      for (const pid of [1, 2, 3]) {
        const { mappings, address } = mapped(pid);
        assert.equal(symbolizer.user(pid, mappings, address)[0].name, "busy(int)");
        symbolizer.forgetProcess(pid);
      }
    }
    assert.equal(asked, 1);
    symbolizer.close();
  });

  test("reads a bounded time for one process, and for all that have much to be read, and names the others", () => {
    let nowMs = 0;
    const time = new NamingTime(
      () => nowMs,
      () => 0,
    );
    let slowMs = 0;
    const openLines: OpenLines = () => ({
      frames: () => {
        nowMs += slowMs;
        return [];
      },
      sizeBytes: 0,
      notes: () => [],
    });
    const symbolizer = new Symbolizer(sourceOf(), openLines, time);
    const areNamed = (pid: number, ...distances: number[]) => {
      const { mappings, address } = mapped(pid);
      return distances.map((at) => {
        const [{ reason }] = symbolizer.user(pid, mappings, address + at);
        assert.ok(reason === undefined || reason === "too-slow", reason);
        return reason === undefined;
      });
    };
    // Places differ: one that is known costs nothing.
    slowMs = MAX_PROCESS_MS / 2;
    assert.deepEqual(areNamed(1, 0, 1, 2, 0), [true, true, false, false]);
    assert.deepEqual(areNamed(2, 3, 4), [true, true]);
    assert.deepEqual(areNamed(3, 5, 6), [true, true]);
    assert.ok(nowMs >= MAX_ALL_MS);
    slowMs = 300;
    assert.deepEqual(areNamed(4, 7, 8), [true, false]);
    symbolizer.beginWindow();
    assert.deepEqual(areNamed(1, 2), [true]);
    symbolizer.close();
  });

  test("names that are long, and many, are cut when a process has some millions of usual ones' text", () => {
    const openLines: OpenLines = () => ({
      frames: (at) =>
        Array.from({ length: 64 }, (_, i) => ({ name: `${at}.${i}.`.padEnd(16_000, "x"), inlined: i > 0 })),
      sizeBytes: 0,
      notes: () => [],
    });
    const symbolizer = new Symbolizer(sourceOf(), openLines);
    const { result: texts, peakBytes } = withPeak(() =>
      Array.from({ length: 300 }, (_, i) => {
        const { mappings, address } = mapped(1);
        const frames = symbolizer.user(1, mappings, address + (i % 40));
        return frames.map(({ name }) => name);
      }),
    );
    const characters = texts.flat().reduce((sum, name) => sum + name.length, 0);
    assert.ok(characters < (32 << 20) + 300 * 64 * 100 + 64_000, `${characters}`);
    assert.equal(texts[0][1].length, 16_000);
    assert.equal(texts[299][1].length, 100);
    assert.ok(peakBytes < 384 << 20, `${peakBytes >> 20} MiB`);
    symbolizer.beginWindow();
    const { mappings, address } = mapped(1);
    assert.equal(symbolizer.user(1, mappings, address)[1].name.length, 16_000);
    symbolizer.close();
  });

  test("says why a file could not be opened", () => {
    const { pid, mappings, address } = mapped(1);
    for (const reason of ["file-gone", "permission", "io-error", "unsupported"] as const) {
      const [frame] = new Symbolizer(sourceOf({ openMapped: () => reason })).user(pid, mappings, address);
      assert.deepEqual([frame.name, frame.reason], [`program+0x${place.toString(16)}`, reason]);
    }
  });

  test("counts what a JIT wrote while the window was open, and drops what it wrote over", () => {
    let text = "600000 40 JS:*old /a/b.ts:1:1\n";
    const table = new MappingTable(parseMaps("600000-700000 r-xp 00000000 00:00 0"));
    const symbolizer = new Symbolizer(sourceOf({ readPerfMap: () => Buffer.from(text) }));
    assert.equal(symbolizer.user(7, table, 0x600001)[0].name, "old");
    assert.equal(symbolizer.user(7, table, 0x600050)[0].reason, "unknown-address");
    text += "600000 80 py::Class.method:/srv/app.py\n";
    symbolizer.forgetProcess(7);
    for (const address of [0x600001, 0x600050])
      assert.deepEqual(symbolizer.user(7, table, address), [
        { name: "Class.method", file: "/srv/app.py", module: "[jit]", kind: "jit" },
      ]);
    symbolizer.close();
  });
});

test("ProcFileSource says whether a file is gone, or may not be opened", (t) => {
  const source = new ProcFileSource();
  const [mapping] = parseMaps(readFileSync("/proc/self/maps", "utf8")).filter(({ path }) =>
    path.startsWith("/"),
  );
  const gone = { ...mapping, start: mapping.start + 0x1000, path: join(directory, "no-such-file") };
  assert.equal(source.openMapped(process.pid, gone), "file-gone");
  assert.equal(source.openMapped(process.pid, { ...gone, path: "/dev/null" }), "unsupported");
  if (process.getuid?.() !== 0) return t.skip("needs root to take its rights away");
  process.seteuid!(65534);
  try {
    assert.equal(source.openMapped(process.ppid, gone), "permission");
  } finally {
    process.seteuid!(0);
  }
});

test("a process in its own PID namespace has its perf map under the pid that it has there", async (t) => {
  if (process.getuid?.() !== 0) return t.skip("unshare needs root");
  const root = join(directory, "root");
  const script = `mkdir -p ${root}/tmp && echo '1000 10 inner code' > ${root}/tmp/perf-1.map && exec unshare --fork --pid \
    --mount-proc sh -c 'mount --bind ${root}/tmp /tmp && echo ready && exec sleep 60'`;
  const child = spawn("unshare", ["-m", "sh", "-c", script], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const inner = Number(
    execFileSync("pgrep", ["-P", String(child.pid)], { encoding: "utf8" })
      .trim()
      .split("\n")
      .at(-1),
  );
  t.after(() => process.kill(inner, "SIGKILL"));
  assert.match(readFileSync(`/proc/${inner}/status`, "utf8"), /NSpid:\s+\d+\s+1\n/);
  assert.equal(String(new ProcFileSource().readPerfMap(inner)), "1000 10 inner code\n");
});
