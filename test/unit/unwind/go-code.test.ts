import assert from "node:assert/strict";
import { openSync } from "node:fs";
import { test } from "node:test";
import { ElfFile } from "../../../bpf/symbols/elf-file.js";
import { readElfSymbols } from "../../../bpf/symbols/elf-symbols.js";
import { fileFromDescriptor } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { readSymbolName } from "../../../bpf/symbols/symbol-index.js";
import { calledByC, goroutineSwitches } from "../../../bpf/unwind/go-cgo.js";
import { goCode } from "../../../bpf/unwind/go-code.js";
import { injectedFunctions } from "../../../bpf/unwind/go-injected.js";
import { threadRoots } from "../../../bpf/unwind/go-roots.js";
import { findRow } from "../../../bpf/unwind/row-search.js";
import { buildUnwindTable } from "../../../bpf/unwind/table-builder.js";
import { build, programs } from "../../helpers/workload-tools.js";
import { callGraph, cgo, cgoCallback, goroutines } from "../../helpers/workloads.js";
import { describeRow } from "./describe-row.js";

function read(path: string): ElfFile {
  const file = fileFromDescriptor(openSync(path, "r"));
  const elf = isReason(file) ? file : ElfFile.read(file);
  if (isReason(elf)) throw new Error(`${path}: ${elf}`);
  return elf;
}

const skip = programs("go").length === 0 && "Go is missing; scripts/workload-tools installs it";

for (const [name, program] of Object.entries({ Go: goroutines, "Go that calls C": cgo }))
  test(`what the runtime makes look called leads to where nothing called: ${name}`, { skip }, () => {
    const elf = read(program());
    const injected = injectedFunctions(elf);
    const symbols = readElfSymbols(elf);
    const named = Array.from({ length: symbols.count }, (_, i) => i).filter((i) =>
      /^runtime\.(asyncPreempt|sigpanic0?)(\.abi0)?$/.test(readSymbolName(elf.file, symbols.names[i])),
    );
    assert.deepEqual(
      injected,
      named.map((i) => ({ start: symbols.starts[i], end: symbols.ends[i] })),
    );
    assert.equal(injected.length, 3);
    const table = buildUnwindTable(elf);
    if (isReason(table)) throw new Error(table);
    const rowAt = (address: number) => describeRow(table, findRow(table, address));
    for (const { start, end } of injected) {
      assert.equal(rowAt(start), "rsp+8 u c-8 not behind a call");
      for (let at = start; at < end; at++) assert.match(rowAt(at), / not behind a call$/);
      assert.doesNotMatch(rowAt(end + 64), /not behind/);
    }
    const growing = Array.from({ length: symbols.count }, (_, i) => i).filter((i) =>
      /^runtime\.morestack(_noctxt)?(\.abi0)?$/.test(readSymbolName(elf.file, symbols.names[i])),
    );
    assert.equal(growing.length, 2);
    for (const i of growing)
      assert.equal(rowAt(symbols.starts[i]), "rsp+8 u c-8 not behind a call", "a prologue calls it");
    const preempt = injected.find(({ start }) => rowAt(start + 1) === "rsp+16 c-16 c-8 not behind a call");
    assert.ok(preempt, "asyncPreempt pushes rbp first");
    // The rest of Go's code, but for where it meets C, is where frame pointers lead.
    const code = goCode(elf);
    const roots = threadRoots(elf);
    assert.equal(roots.length, 1);
    for (let at = roots[0].start; at < roots[0].end; at++) assert.equal(rowAt(at), "end");
    assert.notEqual(rowAt(roots[0].start - 1), "end");
    assert.notEqual(rowAt(roots[0].end), "end");
    const others = [...injected, ...calledByC(elf), ...goroutineSwitches(elf), ...roots];
    assert.equal(code.length, others.length + 1);
    for (const { start, end } of others)
      assert.ok(code.every((part) => part.end <= start || part.start >= end));
  });

test("where C is called the goroutine's stack is found by the goroutine, and where C calls, rbp where it was saved", {
  skip,
}, () => {
  const elf = read(cgoCallback());
  const table = buildUnwindTable(elf);
  if (isReason(table)) throw new Error(table);
  const rowsOf = ({ start, end }: { start: number; end: number }) => {
    const all = Array.from({ length: end - start }, (_, i) => describeRow(table, findRow(table, start + i)));
    return all.filter((row, i) => row !== all[i - 1]);
  };
  const switches = goroutineSwitches(elf);
  assert.equal(switches.length, 1);
  const [{ start, end, goroutineAt, depthAt, savesRbp }] = switches;
  const callee = savesRbp ? "+16 c-16 c-8" : "+8 u c-8";
  assert.deepEqual(rowsOf(switches[0]), [`*(*(rsp+${goroutineAt})+8)-*(rsp+${depthAt})${callee}`]);
  const around = [start - 1, end].map((at) => describeRow(table, findRow(table, at)));
  assert.deepEqual(around, Array(2).fill(savesRbp ? "rsp+16 u c-8" : "rsp+8 u c-8"));
  for (const entry of calledByC(elf)) {
    const rows = rowsOf(entry);
    assert.deepEqual([rows[0], rows.at(-1)], ["rsp+8 u c-8", "rsp+8 u c-8"]);
    assert.ok(rows.length > 4);
    for (const row of rows.slice(1, -1)) assert.match(row, /^rsp\+\d+ c-16 c-8$/);
  }
});

test("other programs have no such code", () => {
  const elf = read(callGraph());
  const parts = [goCode, injectedFunctions, calledByC, goroutineSwitches, threadRoots].map((of) => of(elf));
  assert.deepEqual(parts, [[], [], [], [], []]);
});

test("a Go program without symbols has all of its code in one part", { skip }, () => {
  const stripped = build(
    "goroutines-stripped",
    ["goroutines.go"],
    [
      ...["env", "CGO_ENABLED=0", "GO111MODULE=off", "go", "build", "-ldflags=-s -w", "-o", "{out}"],
      "goroutines.go",
    ],
  );
  const code = goCode(read(stripped));
  assert.equal(code.length, 1);
});
