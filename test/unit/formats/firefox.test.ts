import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { readFormat } from "../../../kernel/formats/formats.js";
import { byName, frameWords, functionTotals, richProfile, totals } from "../../helpers/profile-files.js";
import { firefoxThreads } from "../../helpers/profiler-cli.js";

const folder = mkdtempSync(join(tmpdir(), "firefox-"));

test("the Firefox Profiler reads what we write, and counts the same in each thread", async () => {
  const file = join(folder, "profile.json");
  const frame = ProfileFrame.fromProfile(richProfile());
  frame.toFirefox(file);
  const threads = await firefoxThreads(file);
  assert.deepEqual(
    threads.map(({ name, processName, pid, tid }) => [name, processName, pid, tid]),
    [
      ["web server", "web", "5", 7],
      ["gc", "web", "5", 8],
      ["kworker/0:1", "kworker/0:1", "9", 9],
    ],
  );
  for (const { tid, functions } of threads)
    assert.deepEqual(
      byName(functions),
      byName(functionTotals(frame.query((row) => row.tid === tid))),
      String(tid),
    );
});

test("it reads our .cpuprofile, too", async () => {
  const file = join(folder, "ours.cpuprofile");
  const data = richProfile();
  // Its importer leaves out samples that come within half a millisecond of the clock's beginning.
  const window = { ...data.meta.window, startNs: 5e9, endNs: 6e9 };
  const frame = ProfileFrame.fromProfile({ ...data, meta: { ...data.meta, window } });
  const worker = frame.query((row) => row.tid === 7);
  worker.toCpuprofile(file);
  const [{ functions }] = await firefoxThreads(file);
  for (const added of ["(root)", "(idle)", "web server (pid 5, tid 7)"]) functions.delete(added);
  assert.deepEqual(byName(functions), byName(functionTotals(worker)));
});

/** Our profile in the shape that the format has since version 75: shared tables, flags instead of columns. */
function shared(json: string): object {
  const profile = JSON.parse(json);
  const [thread] = profile.threads;
  const { stackTable, frameTable, funcTable, resourceTable, nativeSymbols, stringArray } = thread;
  const sources = { length: 0, filename: [] as number[] };
  const flags = (length: number, bits: Record<number, (row: number) => boolean>) =>
    Array.from({ length }, (_, row) =>
      Object.entries(bits).reduce((sum, [bit, holds]) => sum | (holds(row) ? Number(bit) : 0), 0),
    );
  const given = (column: unknown[]) => (row: number) => column[row] !== null && column[row] !== -1;
  const lib = frameTable.func.map((func: number) => resourceTable.lib[funcTable.resource[func]] ?? -1);
  const frameFlags = flags(frameTable.length, {
    1: (row) => frameTable.inlineDepth[row] > 0,
    2: given(lib),
    4: () => true,
    16: given(frameTable.line),
    32: given(frameTable.column),
  });
  const source = funcTable.fileName.map((name: number | null) =>
    name === null ? 0 : sources.filename.push(name) - 1,
  );
  const funcFlags = flags(funcTable.length, {
    1: (row) => funcTable.isJS[row],
    4: given(funcTable.resource),
    8: given(funcTable.fileName),
    16: given(funcTable.lineNumber),
    32: given(funcTable.columnNumber),
  });
  const orZero = (column: (number | null)[]) => column.map((value) => value ?? 0);
  for (const name of [
    "stackTable",
    "frameTable",
    "funcTable",
    "resourceTable",
    "nativeSymbols",
    "stringArray",
  ])
    delete thread[name];
  return {
    ...profile,
    meta: { ...profile.meta, preprocessedProfileVersion: 75 },
    shared: {
      stackTable: {
        frame: stackTable.frame,
        prefixOffset: stackTable.prefix.map((prefix: number | null, row: number) =>
          prefix === null ? 0 : row - prefix,
        ),
        length: stackTable.length,
      },
      frameTable: {
        func: frameTable.func,
        lib: orZero(lib),
        flags: frameFlags,
        line: orZero(frameTable.line),
        length: frameTable.length,
      },
      funcTable: {
        name: funcTable.name,
        flags: funcFlags,
        resource: orZero(funcTable.resource),
        source,
        lineNumber: orZero(funcTable.lineNumber),
        columnNumber: orZero(funcTable.columnNumber),
        length: funcTable.length,
      },
      resourceTable: {
        name: resourceTable.name,
        host: resourceTable.host,
        type: resourceTable.type,
        length: resourceTable.length,
      },
      nativeSymbols,
      stringArray,
      sources,
    },
  };
}

test("newer versions, with shared tables and flags, give the same", async () => {
  const frame = ProfileFrame.fromProfile(richProfile());
  const json = frame.query((row) => row.tid === 7).toFirefox();
  const read = (text: string) => readFormat({ file: "x", bytes: new TextEncoder().encode(text) });
  const file = join(folder, "new.json");
  writeFileSync(file, JSON.stringify(shared(json)));
  const [old, newer] = [read(json), read(JSON.stringify(shared(json)))];
  assert.deepEqual(frameWords(newer), frameWords(old));
  assert.deepEqual(
    totals(newer, ["tid", "stack", "module", "kind"]),
    totals(old, ["tid", "stack", "module", "kind"]),
  );
});
