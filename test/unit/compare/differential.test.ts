import assert from "node:assert/strict";
import test from "node:test";
import type { ProfileMeta } from "../../../kernel/dataframe/profile-data.js";
import { FLAMEGRAPH_MIME, jupyterDisplay } from "../../../kernel/display/mime.js";
import {
  type CompareOptions,
  compare,
  type DifferentialOptions,
  ProfileFrame,
} from "../../../kernel/index.js";
import type { DifferentialNode } from "../../../kernel/plot/differential-node.js";
import { walk } from "../../../kernel/plot/flame-tree.js";
import { assertGolden } from "../../helpers/golden.js";
import { samples } from "../../helpers/samples.js";

/** A profile of some samples of each stack, whose frames are separated by `;`, root first. */
function profileOf(counts: Record<string, number>, meta: Partial<ProfileMeta> = {}): ProfileFrame {
  const stacks = Object.entries(counts).flatMap(([stack, count]) =>
    Array.from({ length: count }, () => stack.split(";")),
  );
  const rows = Array.from({ length: Math.max(...stacks.map(({ length }) => length)) }, (_, i) =>
    stacks.map((stack) => stack[i] ?? "-").join("  "),
  );
  return ProfileFrame.fromProfile(samples(rows.join("\n"), meta));
}

const before = () =>
  profileOf({
    ...{ "main;load;parse;number[kind:inlined][file:/b/n.c][line:7]": 120, "main;load;parse": 90 },
    ...{ "main;load;known": 900, "main;load;known;equal": 300, "main;sort;order": 200, "main;gone;away": 40 },
  });
const after = () =>
  profileOf({
    ...{ "main;load;parse;number[kind:inlined][file:/b/n.c][line:9]": 130, "main;load;parse": 85 },
    ...{ "main;load;known": 20, "main;load;hash": 60, "main;sort;order": 195 },
  });
const graph = (options: CompareOptions = {}, picture: DifferentialOptions = {}) =>
  compare(before(), after(), options).flamegraph(picture);
const nodeNamed = (root: DifferentialNode, name: string) =>
  [...walk(root)].find((node) => node.name === name)!;

test("each frame has the samples and the change of both sides, with what it calls", () => {
  const { root } = graph();
  const { file, line, ...number } = nodeNamed(root, "number");
  assert.deepEqual([number.before, number.after, file, line], [120, 130, "/b/n.c", 7]);
  const known = nodeNamed(root, "known");
  assert.deepEqual([known.before, known.after, known.change.verdict], [1200, 20, "faster"]);
  assert.deepEqual([known.change.before, known.change.after], [1200 / 1650, 20 / 490]);
  assert.ok(known.change.low < 20 / 490 - 1200 / 1650 && known.change.high < 0);
  assert.deepEqual([root.before, root.after, root.change.verdict], [1650, 490, "no evidence"]);
  for (const node of walk(root))
    for (const side of ["before", "after"] as const)
      assert.ok(node.children.reduce((sum, child) => sum + child[side], 0) <= node[side]);
});

test("by time, only what has changed has a colour; by share, what remains grew", () => {
  const verdicts = (options: CompareOptions) => {
    const { root } = graph(options);
    return ["known", "hash", "order", "parse"].map((name) => nodeNamed(root, name).change.verdict);
  };
  assert.deepEqual(verdicts({ measure: "time" }), ["faster", "slower", "no evidence", "no evidence"]);
  assert.deepEqual(verdicts({}), ["faster", "slower", "slower", "slower"]);
  assert.deepEqual(nodeNamed(graph({ measure: "time" }).root, "all").change.before, 1650);
});

test("over windows, frames that differ from window to window have no evidence", () => {
  const window = (a: number) => profileOf({ "main;a": a, "main;b": 1000 - a });
  const noisy = compare([window(100), window(500), window(300)], [window(600), window(200), window(450)]);
  assert.deepEqual(nodeNamed(noisy.flamegraph().root, "a").change.verdict, "no evidence");
  assert.equal(noisy.flamegraph().scale, 0);
  const steady = compare([window(300), window(310), window(290)], [window(500), window(490), window(510)]);
  const a = nodeNamed(steady.flamegraph().root, "a");
  assert.deepEqual([a.before, a.after, a.change.verdict], [900, 1500, "slower"]);
  const row = [...compare([window(300), window(310)], [window(500), window(490)])][0];
  const { change } = nodeNamed(
    compare([window(300), window(310)], [window(500), window(490)]).flamegraph().root,
    "a",
  );
  assert.deepEqual([change.low, change.high], [row.low, row.high]);
});

test("its pictures, sized by either side, name what that side does not show", () => {
  const options = { measure: "time" } as const;
  assertGolden("differential-after.svg", graph(options, { title: "A catalogue" }).toSVG());
  assertGolden("differential-before.svg", graph({}, { by: "before", title: "A catalogue" }).toSVG());
  assertGolden("differential.txt", `${graph(options, { title: "A catalogue" })}\n\n${graph()}\n`);
  assert.match(graph().toSVG(), />Seen only when sized by before: equal 18\.2 %, gone 2\.4 %</);
  assert.match(graph({}, { by: "before" }).toSVG(), />Seen only when sized by after: hash 12\.2 %</);
  const same = compare(before(), before()).flamegraph().toSVG();
  assert.doesNotMatch(same, /Seen|points,|▲|▼/);
});

test("the bundle: lists with one change a frame, both notes, an SVG as an image, text", () => {
  const bundle = graph({ measure: "time" })[jupyterDisplay]();
  const { version, functions, nodes, differential } = bundle[FLAMEGRAPH_MIME] as {
    version: number;
    functions: { name: string }[];
    nodes: [number, number, number][];
    differential: {
      changes: number[][];
      notes: Record<string, string>;
      by: string;
      total: string;
      scale: number;
    };
  };
  assert.equal(version, 1);
  assert.equal(differential.changes.length, nodes.length);
  const index = nodes.findIndex(([, f]) => functions[f].name === "known");
  assert.deepEqual(nodes[index][2], 20);
  const [sideBefore, sideAfter, low, high, verdict] = differential.changes[index];
  assert.deepEqual([sideBefore, sideAfter, verdict], [1200, 20, 1]);
  assert.ok(low < -1180 && -1180 < high && high < 0);
  assert.deepEqual([differential.by, differential.scale], ["after", 1200]);
  assert.equal(differential.total, "1,650.0 → 490.0 ms a window (−70.3 %)");
  assert.match(differential.notes.after, /^Seen only when sized by before: equal/);
  assert.match(differential.notes.before, /^Seen only when sized by after: hash/);
  assert.match(String(bundle["text/html"]), /^<img alt="Differential flame graph: before → after" /);
  assert.match(String(bundle["text/plain"]), /1,200\.0 ms {4}20\.0 ms ▼ 1,180 ms +known/);
});

test("names are text, many small frames are one, and nothing is recursive", () => {
  const hostile = compare(profileOf({ "main;<img>": 9 }), profileOf({ main: 9 }))
    .flamegraph()
    .toSVG();
  assert.doesNotMatch(hostile, /<img/);
  const wide = (weight: number) =>
    profileOf(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`main;f${i}`, i < 3 ? weight : 1])));
  const { root } = compare(wide(500), wide(700)).flamegraph();
  const [main] = root.children;
  assert.deepEqual(
    main.children.map(({ name, before: a, after: b }) => [name, a, b]),
    [
      ["f0", 500, 700],
      ["f1", 500, 700],
      ["f2", 500, 700],
      ["…", 2997, 2997],
    ],
  );
  const deep = () => profileOf({ [Array.from({ length: 3000 }, (_, i) => `f${i}`).join(";")]: 2 });
  const picture = compare(deep(), deep()).flamegraph();
  assert.ok(picture.toSVG().length > 0 && String(picture).length > 0 && picture[jupyterDisplay]());
});

test("it is of the whole comparison, of filtered rows too, and options are checked", () => {
  const result = compare(before(), after());
  const rows = result.query((row) => row.name === "hash");
  assert.deepEqual((rows as typeof result).flamegraph().root, result.flamegraph().root);
  assert.throws(() => result.flamegraph({ by: "both" } as unknown as DifferentialOptions), {
    name: "OptionError",
    message: /flamegraph: option "by" must be one of "before", "after"/,
  });
  assert.throws(() => result.flamegraph({ size: 1 } as DifferentialOptions), /"size" must be left out/);
});
