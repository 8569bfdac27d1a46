import assert from "node:assert/strict";
import test from "node:test";
import type { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import { dfd, type Series } from "../../../kernel/dataframe/danfojs/index.js";
import { OptionError } from "../../../kernel/dataframe/option-error.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { samples, tree } from "../../helpers/samples.js";

const COLUMNS = [
  "pid",
  "tid",
  "process",
  "comm",
  "stack",
  "leaf",
  "module",
  "kind",
  "depth",
  "samples",
  "time_ms",
  "end",
];

/** Thread 7 takes four samples of three stacks, thread 8 two of two. */
const data = () =>
  samples(`
    comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:gc[pid:5][tid:8][process:io][cpu:1]  comm:gc[pid:5][tid:8][process:io][cpu:1][end:bad-frame-pointer]
    main                   main                   main                   main                   main                                      mark
    parse                  parse                  parse                  render                 parse                                     mark
    read[kind:kernel]      read[kind:kernel]      lex                    -                      lex                                       -
  `);

test("one row for each thread and stack, the most frequent first", () => {
  const frame = ProfileFrame.fromProfile(data());
  assert.deepEqual(frame.columns, COLUMNS);
  assert.ok(frame instanceof dfd.DataFrame);
  assert.deepEqual(frame.shape, [5, 12]);
  assert.deepEqual(frame.toJSON({ format: "row" }), [
    {
      pid: 5,
      tid: 7,
      process: "io",
      comm: "io",
      stack: "main;parse;read",
      leaf: "read",
      module: "[kernel]",
      kind: "kernel",
      depth: 3,
      samples: 2,
      time_ms: 2,
      end: "complete",
    },
    {
      pid: 5,
      tid: 7,
      process: "io",
      comm: "io",
      stack: "main;parse;lex",
      leaf: "lex",
      module: "app",
      kind: "user",
      depth: 3,
      samples: 1,
      time_ms: 1,
      end: "complete",
    },
    {
      pid: 5,
      tid: 7,
      process: "io",
      comm: "io",
      stack: "main;render",
      leaf: "render",
      module: "app",
      kind: "user",
      depth: 2,
      samples: 1,
      time_ms: 1,
      end: "complete",
    },
    {
      pid: 5,
      tid: 8,
      process: "io",
      comm: "gc",
      stack: "main;parse;lex",
      leaf: "lex",
      module: "app",
      kind: "user",
      depth: 3,
      samples: 1,
      time_ms: 1,
      end: "complete",
    },
    {
      pid: 5,
      tid: 8,
      process: "io",
      comm: "gc",
      stack: "mark;mark",
      leaf: "mark",
      module: "app",
      kind: "user",
      depth: 2,
      samples: 1,
      time_ms: 1,
      end: "bad-frame-pointer",
    },
  ]);
});

test("columns are typed as Series, and chains type-check", () => {
  const frame = ProfileFrame.fromProfile(data(), { answer: 42 });
  const counts: Series = frame["samples"];
  assert.equal(counts.sum(), 6);
  const grouped: ColumnFrame = frame.groupby(["comm"]).col(["samples"]).sum();
  assert.deepEqual(grouped.toJSON(), { comm: ["io", "gc"], samples_sum: [4, 2] });
  assert.deepEqual(frame.value, { answer: 42 });
  assert.equal(frame.meta.accounting.samples, 6);
});

test("rows keep the way back to their frames", () => {
  const frame = ProfileFrame.fromProfile(data());
  const io = frame.query(frame.comm.eq("io"));
  assert.equal(tree(io), "main 4\n  parse 3\n    read 2\n    lex 1\n  render 1");
  assert.equal(tree(io.query((row) => row.kind === "kernel")), "main 2\n  parse 2\n    read 2");
  assert.equal(tree(frame.sortValues("samples").tail(1)), "main 2\n  parse 2\n    read 2");
  assert.equal(tree(frame.head(1).copy()), "main 2\n  parse 2\n    read 2");
  assert.equal(
    tree(frame.addColumn("x", [1, 2, 3, 4, 5]).query((row) => row.samples > 1)),
    "main 2\n  parse 2\n    read 2",
  );
  const inPlace = ProfileFrame.fromProfile(data());
  inPlace.query(inPlace.comm.eq("gc"), { inplace: true });
  assert.equal(tree(inPlace), "main 1\n  parse 1\n    lex 1\nmark 1\n  mark 1");
});

test("grouped by stack, a frame can still be drawn, and threads are added up", () => {
  const frame = ProfileFrame.fromProfile(data());
  const byStack = frame.groupby(["stack"]).col(["samples"]).sum();
  assert.ok(byStack instanceof ProfileFrame);
  assert.deepEqual(byStack.toJSON(), {
    stack: ["main;parse;read", "main;parse;lex", "main;render", "mark;mark"],
    samples_sum: [2, 2, 1, 1],
  });
  assert.equal(tree(byStack.query(byStack.samples_sum.eq(2))), "main 4\n  parse 4\n    lex 2\n    read 2");
  assert.ok(!(frame.groupby(["comm"]).sum() instanceof ProfileFrame));
});

test("a frame whose rows danfojs changed in place says that its stacks are lost", () => {
  const frame = ProfileFrame.fromProfile(data());
  frame.drop({ index: [0], inplace: true });
  assert.equal(frame.shape[0], 4);
  assert.throws(() => frame.flamegraph(), /flamegraph: the rows of this frame were changed in place/);
  assert.throws(() => frame.head(2).top(), /changed in place/);
  assert.match(String(frame), /4 rows × 12 columns/);
});

test("tables: samples in order of time, functions with recursion counted once, threads", () => {
  const frame = ProfileFrame.fromProfile(data());
  const all = frame.table("samples");
  assert.deepEqual(all.columns, ["at_ms", "cpu", "pid", "tid", "stack_id", "weight"]);
  assert.deepEqual(all.column("at_ms").values, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(all.column("stack_id").values, ["1000", "1000", "1001", "1002", "1001", "1003"]);
  assert.deepEqual(
    frame
      .query((row) => row.tid === 8)
      .table("samples")
      .column("at_ms").values,
    [4, 5],
  );

  const functions = frame.table("frames");
  assert.deepEqual(functions.columns, ["name", "module", "kind", "file", "line", "self", "total"]);
  const counts = functions.toJSON({ format: "row" }) as { name: string; self: number; total: number }[];
  assert.deepEqual(
    counts.map(({ name, self, total }) => [name, self, total]),
    [
      ["read", 2, 2],
      ["lex", 2, 2],
      ["render", 1, 1],
      ["mark", 1, 1],
      ["main", 0, 5],
      ["parse", 0, 4],
    ],
  );

  assert.deepEqual(frame.table("threads").toJSON(), {
    pid: [5, 5],
    tid: [7, 8],
    process: ["io", "io"],
    comm: ["io", "gc"],
    samples: [4, 2],
    time_ms: [4, 2],
  });
  assert.equal(frame.table("stacks"), frame);
  assert.throws(() => frame.table("nope" as never), OptionError);
});

test("top: functions by their own samples", () => {
  const top = ProfileFrame.fromProfile(data()).top(1);
  assert.deepEqual(top.values, [["read", "[kernel]", "kernel", 2, 33.33, 2, 33.33]]);
});

test("a semicolon in a name cannot be mistaken for a frame", () => {
  const frame = ProfileFrame.fromProfile(samples("a;b\nc"));
  assert.deepEqual(frame.column("stack").values, ["a:b;c"]);
  assert.equal(tree(frame), "a;b 1\n  c 1");
});

test("equal names in different files are different frames and one stack by name", () => {
  const frame = ProfileFrame.fromProfile(samples("f[mod:a.so]  f[mod:b.so]"));
  assert.deepEqual(frame.shape, [2, 12]);
  assert.deepEqual(frame.groupby("stack").size().values, [["f", 2]]);
  assert.deepEqual(frame.groupby("module").size().values, [
    ["a.so", 1],
    ["b.so", 1],
  ]);
});

test("names of an object's members are names", () => {
  const frame = ProfileFrame.fromProfile(samples("comm:__proto__\nconstructor\n__proto__"));
  assert.deepEqual(frame.groupby(["comm", "leaf"]).col(["samples"]).sum().values, [
    ["__proto__", "__proto__", 1],
  ]);
  assert.equal(tree(frame), "constructor 1\n  __proto__ 1");
});

test("a stack without frames is a row", () => {
  const frame = ProfileFrame.fromProfile(samples("comm:x[end:no-frames]\n-"));
  assert.deepEqual(frame.toJSON({ format: "row" }), [
    {
      pid: 1,
      tid: 1,
      process: "x",
      comm: "x",
      stack: "",
      leaf: null,
      module: null,
      kind: null,
      depth: 0,
      samples: 1,
      time_ms: 1,
      end: "no-frames",
    },
  ]);
  assert.match(String(frame), /1 row/);
  assert.equal(frame.flamegraph().root.self, 1);
});

test("no samples is no error, anywhere", () => {
  const frame = ProfileFrame.fromProfile(samples("", { notes: ["pid 4242 slept for the whole window"] }));
  assert.deepEqual(frame.shape, [0, 12]);
  assert.match(String(frame), /0 samples of 0 ticks.*\npid 4242 slept for the whole window$/s);
  for (const name of ["samples", "frames", "threads", "stacks"] as const)
    assert.equal(frame.table(name).shape[0], 0);
  assert.equal(frame.top().shape[0], 0);
  assert.equal(frame.flamegraph().total, 0);
  assert.deepEqual(frame.distribution({ by: "cpu" }).data, []);
  assert.equal(frame.query(frame.samples.gt(1)).groupby(["stack"]).sum().shape[0], 0);
});

test("no column shadows a member of danfojs's DataFrame or of ours", () => {
  const frame = ProfileFrame.fromProfile(data());
  const tables = [frame, frame.table("samples"), frame.table("frames"), frame.table("threads"), frame.top()];
  const members = new Set<string>();
  for (const object of [new dfd.DataFrame([[1]], { columns: ["?"] }), frame]) {
    for (let at: object | null = object; at; at = Object.getPrototypeOf(at)) {
      for (const name of Object.getOwnPropertyNames(at))
        if (at !== frame || !COLUMNS.includes(name)) members.add(name);
    }
  }
  assert.ok(members.has("count") && members.has("flamegraph") && members.has("$data"));
  for (const table of tables) {
    for (const name of table.columns)
      assert.ok(!members.has(name), `the column "${name}" would shadow a member`);
  }
});
