import assert from "node:assert/strict";
import test from "node:test";
import { OptionError } from "../../../kernel/dataframe/option-error.js";
import type { ProfileMeta } from "../../../kernel/dataframe/profile-data.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { seeded } from "../../helpers/mutate.js";
import { randomProfile } from "../../helpers/random-profile.js";
import { samples, tree } from "../../helpers/samples.js";

/** Six samples, one a millisecond, in two processes with three threads. */
const web = () =>
  ProfileFrame.fromProfile(
    samples(`
      comm:io[pid:5][tid:7][process:web]  comm:io[pid:5][tid:7][process:web]  comm:io[pid:5][tid:7][process:web]  comm:gc[pid:5][tid:8][process:web][cpu:1]  comm:gc[pid:5][tid:8][process:web][cpu:1]  comm:cron[pid:6][tid:6]
      main                                main                                main                                mark                                       mark                                       main
      parse                               parse                               render                              mark                                       malloc[mod:/lib/libc.so.6]                 sleep[mod:/lib/libc.so.6]
      parse                               malloc[mod:/lib/libc.so.6]          -                                   mark                                       brk[mod:/lib/libc.so.6]                    nanosleep[kind:kernel]
      read[kind:kernel]                   brk[mod:/lib/libc.so.6]             -                                   -                                          -                                          -
    `),
  );
const rows = (frame: ProfileFrame, ...names: string[]) =>
  frame.shape[0] === 0
    ? []
    : (Array.from(frame) as unknown as Record<string, unknown>[]).map((row) =>
        names.map((name) => row[name]),
      );
const account = ({ meta }: ProfileFrame) => meta.accounting;

function balance({ accounting: { ticks, samples, filtered, dropped } }: ProfileMeta): number {
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  return samples + sum(filtered) + sum(dropped) - ticks;
}

test("byThread, byProcess: sums, and the stacks behind them", () => {
  const threads = web().byThread();
  assert.deepEqual(threads.toJSON(), {
    pid: [5, 5, 6],
    tid: [7, 8, 6],
    process: ["web", "web", "cron"],
    comm: ["io", "gc", "cron"],
    samples: [3, 2, 1],
    time_ms: [3, 2, 1],
  });
  assert.equal(tree(threads.query((row) => row.tid === 6)), "main 1\n  sleep 1\n    nanosleep 1");
  assert.deepEqual(rows(web().byProcess(), "pid", "process", "threads", "samples"), [
    [5, "web", 2, 5],
    [6, "cron", 1, 1],
  ]);
  assert.equal(tree(web().byProcess().tail(1)), "main 1\n  sleep 1\n    nanosleep 1");
  assert.equal(tree(web().groupby("stack").sum() as ProfileFrame), tree(web().byProcess()));
});

test("byFunction: self and total, recursion counted once, and the stacks that have a function", () => {
  const functions = web().byFunction();
  assert.deepEqual(functions.columns, ["name", "module", "kind", "self", "total", "self_ms", "total_ms"]);
  assert.deepEqual(rows(functions, "name", "self", "total", "total_ms"), [
    ["brk", 2, 2, 2],
    ["mark", 1, 2, 2],
    ["read", 1, 1, 1],
    ["render", 1, 1, 1],
    ["nanosleep", 1, 1, 1],
    ["main", 0, 4, 4],
    ["parse", 0, 2, 2],
    ["malloc", 0, 2, 2],
    ["sleep", 0, 1, 1],
  ]);
  // No sample is drawn twice, though most stand in several rows.
  assert.equal(functions.flamegraph().total, 6);
  assert.equal(
    tree(functions.query((row) => (row as unknown as { name: string }).name === "malloc")),
    "main 1\n  parse 1\n    malloc 1\n      brk 1\nmark 1\n  malloc 1\n    brk 1",
  );
});

test("between: half-open, in milliseconds since the window's start", () => {
  const part = web().between(1, 4);
  assert.equal(part.samples.sum(), 3);
  assert.deepEqual(part.table("samples").column("at_ms").values, [1, 2, 3]);
  assert.deepEqual(account(part).filtered, { "between(1, 4)": 3 });
  assert.equal(web().between(5).shape[0], 1);
  assert.throws(() => web().between(4, 1), OptionError);
  assert.throws(() => web().between("1" as never), OptionError);
  const folded = samples("main");
  folded.samples.atMs.fill(Number.NaN);
  assert.throws(() => ProfileFrame.fromProfile(folded).between(0, 1), /without their times/);
});

test("focus and ignore: by expression, by whole name, by module", () => {
  assert.equal(
    tree(web().focus(/^par/)),
    "main 2\n  parse 2\n    malloc 1\n      brk 1\n    parse 1\n      read 1",
  );
  assert.equal(web().focus("par").shape[0], 0);
  assert.equal(web().focus(/libc/, { by: "module" }).samples.sum(), 3);
  assert.equal(
    tree(web().ignore(/libc|kernel/, { by: "module" })),
    "main 1\n  render 1\nmark 1\n  mark 1\n    mark 1",
  );
  // A function of a cell has its place behind its name.
  const cell = samples("main\nf\nfg");
  const name = ["main", "f  In[3]:12", "fg  In[3]:14"];
  const own = ProfileFrame.fromProfile({ ...cell, frames: { ...cell.frames, name } });
  assert.deepEqual(own.callers("f").stack.values, ["main;f  In[3]:12"]);
  // A global expression remembers where it stopped.
  assert.equal(web().focus(/main/g).samples.sum(), 4);
  assert.throws(() => web().focus(7 as never), /a regular expression, or a whole name/);
  assert.throws(() => web().focus(/x/, { by: "file" as never }), OptionError);
});

test("callers and callees part a stack where the function is entered first", () => {
  assert.equal(tree(web().callers("malloc")), "main 1\n  parse 1\n    malloc 1\nmark 1\n  malloc 1");
  assert.equal(tree(web().callers("parse")), "main 2\n  parse 2");
  assert.equal(tree(web().callees("parse")), "parse 2\n  malloc 1\n    brk 1\n  parse 1\n    read 1");
  assert.equal(tree(web().callers("malloc").invert()), "malloc 2\n  mark 1\n  parse 1\n    main 1");
  assert.deepEqual(account(web().callees("parse")).filtered, { 'callees("parse")': 4 });
});

test("collapse: a run of frames of one module is one", () => {
  const collapsed = web().collapse(/libc/);
  assert.equal(
    tree(collapsed.query((row) => row.tid !== 7)),
    "mark 2\n  [libc.so.6] 1\n  mark 1\n    mark 1\nmain 1\n  [libc.so.6] 1\n    nanosleep 1",
  );
  assert.deepEqual(rows(collapsed.focus("[libc.so.6]"), "samples"), [[1], [1], [1]]);
  assert.deepEqual(account(collapsed), account(web()));
});

test("collapseRecursion: rounds of one function and of several", () => {
  const recursive = (stack: string) =>
    ProfileFrame.fromProfile(samples(stack.split(";").join("\n"))).collapseRecursion().stack.values[0];
  assert.equal(recursive("main;a;a;a;b"), "main;a;b");
  assert.equal(recursive("main;a;b;a;b;a;b;c"), "main;a;b;c");
  assert.equal(recursive("a;b;c;a;b;d"), "a;b;c;a;b;d");
  assert.equal(recursive(new Array(500).fill("f").join(";")), "f");
});

test("split: a frame under the root for each part", () => {
  assert.equal(
    tree(
      web()
        .focus("brk")
        .split({ by: ["process", "tid"] }),
    ),
    "web 2\n  gc (8) 1\n    mark 1\n      malloc 1\n        brk 1\n  io (7) 1\n    main 1\n      parse 1\n        malloc 1\n          brk 1",
  );
  const roots = (by: "cpu" | "kind" | "module" | "pid" | "comm" | "end" | "leaf") =>
    web()
      .split({ by })
      .flamegraph()
      .root.children.map(({ name, value }) => `${name} ${value}`);
  assert.deepEqual(roots("cpu"), ["CPU 0 4", "CPU 1 2"]);
  assert.deepEqual(roots("pid"), ["web (5) 5", "cron (6) 1"]);
  assert.deepEqual(roots("kind"), ["user 4", "kernel 2"]);
  assert.deepEqual(roots("end"), ["complete 6"]);
  assert.deepEqual(roots("comm"), ["io 3", "gc 2", "cron 1"]);
  assert.throws(() => web().split({ by: "core" as never }), OptionError);
});

test("normalize: to a hundred, or to another frame; the account is scaled too", () => {
  const percent = web().normalize();
  close(percent.samples.sum() as number, 100);
  close(percent.focus("brk").samples.sum() as number, 100 / 3);
  close(balance(percent.focus("brk").meta), 0);
  close(web().focus("brk").normalize(web()).samples.sum() as number, 6);
  assert.throws(() => web().normalize(0), OptionError);
  assert.equal(web().focus("nothing").normalize().shape[0], 0);
});

test("verbs follow each other, on what queries left, and meta says so", () => {
  const frame = web();
  const part = frame.query(frame.comm.eq("io")).focus("parse").invert();
  assert.deepEqual(part.meta.verbs, ["query", 'focus("parse")', "invert()"]);
  assert.deepEqual(account(part), {
    ticks: 6,
    samples: 2,
    filtered: { query: 3, 'focus("parse")': 1 },
    dropped: {},
  });
  assert.match(
    String(part),
    /after query, focus\("parse"\), invert\(\) · filtered: 4 \(query 3, focus\("parse"\) 1\)/,
  );
  assert.equal(frame.meta.verbs, undefined);
  assert.deepEqual(account(frame).filtered, {});
  const changed = web();
  changed.drop({ index: [0], inplace: true });
  assert.throws(() => changed.focus("main"), /changed in place/);
});

test("what a verb left out is in no file", () => {
  const { frames, stacks } = web().callees("parse").profile;
  assert.deepEqual([...frames.name].sort(), ["brk", "malloc", "parse", "read"]);
  assert.equal(stacks.end.length, 2);
  assert.equal(new Set(stacks.id).size, 2);
  assert.doesNotMatch(web().ignore("brk").toFolded(), /brk|malloc/);
});

test("equal stacks have equal ids, whichever verbs made them", () => {
  const one = web().callees("mark").profile.stacks;
  const other = web().focus("mark").invert().invert().profile.stacks;
  assert.deepEqual([...one.id].sort(), [...other.id].sort());
});

/** The verbs that change stacks, over names, as one would write them down. */
const REWRITES: [string, (frame: ProfileFrame) => ProfileFrame, (names: string[]) => string[] | undefined][] =
  [
    [
      "focus",
      (frame) => frame.focus(/^f[12]$/),
      (names) => (names.some((n) => /^f[12]$/.test(n)) ? names : undefined),
    ],
    ["ignore", (frame) => frame.ignore("f0"), (names) => (names.includes("f0") ? undefined : names)],
    [
      "callers",
      (frame) => frame.callers("f1"),
      (names) => (names.includes("f1") ? names.slice(0, names.indexOf("f1") + 1) : undefined),
    ],
    [
      "callees",
      (frame) => frame.callees("f1"),
      (names) => (names.includes("f1") ? names.slice(names.indexOf("f1")) : undefined),
    ],
    ["invert", (frame) => frame.invert(), (names) => names.toReversed()],
    [
      "collapse",
      (frame) => frame.collapse("lib3"),
      (names) =>
        names
          .map((name) => (Number(name.slice(1)) % 8 === 3 ? "[lib3]" : name))
          .filter((name, i, all) => name !== "[lib3]" || all[i - 1] !== name),
    ],
  ];

test("on random profiles, verbs do what is done to each sample alone, and the account adds up", () => {
  for (let seed = 0; seed < 20; seed++) {
    const shape = { samples: 300, stacks: 40, functions: 20, threads: 6, maxDepth: 9 };
    const data = randomProfile(seeded(seed), shape);
    const frame = ProfileFrame.fromProfile(data);
    const { offsets, frames } = data.stacks;
    const stacks = Array.from(data.samples.stack, (stack) =>
      Array.from(frames.subarray(offsets[stack], offsets[stack + 1]), (f) => data.frames.name[f]),
    );
    for (const [name, verb, rewrite] of REWRITES) {
      const result = verb(frame);
      const expected = new Map<string, number>();
      for (const names of stacks) {
        const stack = rewrite(names)?.join(";");
        if (stack !== undefined) expected.set(stack, (expected.get(stack) ?? 0) + 1);
      }
      const found = result.groupby("stack").col(["samples"]).sum();
      assert.deepEqual(new Map(found.values as [string, number][]), expected, `${name}, seed ${seed}`);
      const kept = [...expected.values()].reduce((a, b) => a + b, 0);
      assert.equal(result.meta.accounting.samples, kept);
      assert.equal(balance(result.meta), 0);
      assert.equal(result.table("samples").shape[0], kept);
    }
    const totals = new Map<string, [number, number]>();
    for (const names of stacks)
      for (const name of new Set(names)) {
        const sum = totals.get(name) ?? [0, 0];
        totals.set(name, [sum[0] + Number(names.at(-1) === name), sum[1] + 1]);
      }
    assert.deepEqual(
      new Map(rows(frame.byFunction(), "name", "self", "total").map(([name, ...sums]) => [name, sums])),
      totals,
    );
    assert.equal(frame.byThread().samples.sum(), 300);
    assert.equal(frame.split({ by: "cpu" }).samples.sum(), 300);
  }
});

function close(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);
}
