import assert from "node:assert/strict";
import { test } from "node:test";
import { ArenaSpans, GRACE_MS } from "../../../bpf/sampler/arena-spans.js";
import { WalkMappings } from "../../../bpf/sampler/finish-walk.js";
import { encodeMappings, unwindMappings } from "../../../bpf/sampler/mapping-list.js";
import { UnwindProcesses } from "../../../bpf/sampler/unwind-processes.js";
import type { TableEntry } from "../../../bpf/sampler/unwind-tables.js";
import type { Mapping } from "../../../bpf/symbols/maps.js";
import * as layout from "../../../bpf/unwind/layout.js";

function mapping(start: number, end: number, path: string, fileOffset = 0, inode = 5n): Mapping {
  return { start, end, fileOffset, path, inode, device: "fe:00", executable: true };
}

/** More than any mapping here has. */
const ALL = { start: 0x1000, end: 0x1000_0000 };

function entry(state: TableEntry["state"], more: Partial<TableEntry> = {}): TableEntry {
  return {
    identity: "a",
    keys: new Set(),
    state,
    code: [{ offset: 0x1234, size: 0x5000, delta: 0x40_0000 }],
    goCode: [],
    table: {
      rows: new Uint32Array(2),
      index: new Uint32Array(2),
      rules: new Uint8Array(0),
      firstBucket: 0x4012,
      functions: 1,
      unsupportedRows: 0,
    },
    placed: { index: 1234, buckets: 2, rules: 600, span: { position: 600, words: 20 } },
    users: new Set(),
    idleSinceMs: 0,
    ...more,
  };
}

test("an address in a mapping leads to its bucket in the file's table", () => {
  const file = mapping(0x7f00_0000_1000, 0x7f00_0000_7000, "/lib/a.so", 0x1000);
  const list = unwindMappings([file], () => entry("placed"));
  // The byte at file offset 0x2345 has the virtual address 0x402345; the index begins at 0x401200.
  const pc = file.start + 0x2345 - 0x1000;
  assert.equal(pc - list[0].bias, 0x40_2345 - 0x40_1200);
  const view = new DataView(encodeMappings(list).buffer);
  assert.equal(view.getBigUint64(layout.MAPPING.start, true), 0x7f00_0000_1000n);
  assert.equal(view.getBigUint64(layout.MAPPING.end, true), 0x7f00_0000_7000n);
  assert.equal(view.getBigUint64(layout.MAPPING.bias, true), BigInt(list[0].bias));
  const { index, buckets, rules, kind } = layout.MAPPING;
  assert.deepEqual(
    [index, buckets, rules, kind].map((offset) => view.getUint32(offset, true)),
    [1234, 2, 600, layout.MAPPING_TABLE],
  );
  const walked = new WalkMappings(list, () => new Uint8Array(0));
  assert.equal(pc - (walked.find(pc)?.bias ?? 0), 0x40_2345);
  assert.equal(walked.find(file.start - 1), undefined);
  assert.equal(walked.find(file.end), undefined);
});

test("each mapping is of the kind that says how to unwind there", () => {
  const kindOf = (what: Mapping, table?: TableEntry) => unwindMappings([what], () => table)[0].kind;
  const file = mapping(0x1000, 0x2000, "/lib/a.so", 0x2000);
  assert.equal(kindOf(file, entry("building")), layout.MAPPING_PENDING);
  assert.equal(kindOf(file, entry("none")), layout.MAPPING_NO_TABLE);
  assert.equal(kindOf(file, entry("over-budget")), layout.MAPPING_OVER_BUDGET);
  assert.equal(kindOf(file, entry("placed", { goCode: [ALL] })), layout.MAPPING_TABLE_AT_LEAF);
  assert.equal(kindOf(file, undefined), layout.MAPPING_NO_TABLE);
  assert.equal(kindOf(mapping(0x1000, 0x2000, "/a", 0x9_0000), entry("placed")), layout.MAPPING_NO_TABLE);
  assert.equal(kindOf(mapping(0x1000, 0x2000, "", 0, 0n)), layout.MAPPING_ANONYMOUS);
  const vdso = (start: number) => mapping(start, start + 0x2000, "[vdso]", 0x2000, 0n);
  assert.equal(kindOf(vdso(0x7fff_0000_0000), entry("placed")), layout.MAPPING_TABLE);
  assert.equal(kindOf(vdso(0xf7f0_0000), entry("placed")), layout.MAPPING_NO_TABLE);
  const python = [mapping(0x1000, 0x2000, "/usr/bin/python3.11"), mapping(0x8000, 0x9000, "", 0, 0n)];
  assert.equal(unwindMappings(python, () => undefined)[1].kind, layout.MAPPING_PYTHON);
});

test("a list is replaced before it is freed, and lives while a forked child has it", () => {
  const written: number[] = [];
  const spans = new ArenaSpans(1 << 17);
  const told = new Map<number, DataView>();
  const processes = new UnwindProcesses({ write: (position) => written.push(position) }, spans, {
    set(pid: number, value: Uint8Array) {
      told.set(pid, new DataView(value.buffer));
      return this as never;
    },
    delete: (pid: number) => told.delete(pid),
  });
  const list = unwindMappings([mapping(0x1000, 0x2000, "/lib/a.so", 0x2000)], () => undefined);
  const position = (pid: number) => told.get(pid)?.getUint32(layout.PROCESS.mappings, true);
  assert.ok(processes.publish(7, list));
  const first = position(7);
  assert.equal(first, written[0]);
  assert.equal(told.get(7)?.getUint32(layout.PROCESS.count, true), 1);
  processes.inherit(7, 8);
  assert.ok(processes.publish(7, list));
  assert.notEqual(position(7), first);
  const later = performance.now() + 10 * GRACE_MS;
  const used = () => {
    spans.take(4, later); // what has rested comes back when something is taken
    return spans.usedWords;
  };
  const withBoth = used();
  processes.remove(8);
  assert.equal(used(), withBoth + 4 - 8, "the child's was the last");
  processes.remove(7);
  assert.equal(used(), withBoth + 8 - 16);
  assert.deepEqual([...told.keys()], []);
});

test("Go's code between code of another compiler is a mapping of its own", () => {
  const file = mapping(0x7f00_0000_1000, 0x7f00_0000_7000, "/bin/cgo", 0x1000);
  const goCode = [
    { start: 0x40_2100, end: 0x40_4100 },
    { start: 0x40_4200, end: 0x40_6000 },
  ];
  const list = unwindMappings([file], () => entry("placed", { goCode }));
  assert.deepEqual(
    list.map(({ kind, mapping: { start, end, fileOffset } }) => [kind, start, end, fileOffset]),
    [
      [layout.MAPPING_TABLE, 0x7f00_0000_1000, 0x7f00_0000_2100, 0x1000],
      [layout.MAPPING_TABLE_AT_LEAF, 0x7f00_0000_2100, 0x7f00_0000_4100, 0x2100],
      [layout.MAPPING_TABLE, 0x7f00_0000_4100, 0x7f00_0000_4200, 0x4100],
      [layout.MAPPING_TABLE_AT_LEAF, 0x7f00_0000_4200, 0x7f00_0000_6000, 0x4200],
      [layout.MAPPING_TABLE, 0x7f00_0000_6000, 0x7f00_0000_7000, 0x6000],
    ],
  );
  assert.equal(new Set(list.map(({ bias }) => bias)).size, 1);
  const all = unwindMappings([file], () => entry("placed", { goCode: [ALL] }));
  assert.deepEqual(
    all.map(({ kind, mapping: { start, end } }) => [kind, start, end]),
    [[layout.MAPPING_TABLE_AT_LEAF, file.start, file.end]],
  );
});
