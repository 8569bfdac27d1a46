import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "esbuild";

interface Frame {
  name: string;
  change?: { before: number; after: number; low: number; high: number; verdict: string };
  place: string;
  value: number;
  self: number;
  depth: number;
  children: Frame[];
}

/** The modules under test. kernel/lab is compiled for browsers, so they are bundled for node here. */
interface FlameModules {
  readFlameTree(data: unknown): {
    title: string;
    unit: string;
    root: Frame;
    differential?: { by: string; measure: string; scale: number; total: string; notes: object };
  };
  sizeBy(root: Frame, side: "before" | "after"): void;
  matchedValue(root: Frame, matches: (frame: Frame) => boolean): number;
  frameMatcher(query: string): (frame: Frame) => boolean;
  layoutFlame(
    zoomed: Frame,
    width: number,
  ): {
    boxes: { frame: Frame; x: number; width: number; row: number; caller: boolean }[];
    rows: number;
    culled: number;
  };
  clipLabel(name: string, characters: number): string;
  frameByKey(frame: Frame, key: string): Frame | undefined;
}

const ROOT = path.resolve(import.meta.dirname, "../../../..");
let lab: FlameModules;
let folder: string;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "proflab-flame-"));
  const outfile = path.join(folder, "flame.mjs");
  const contents = ["flame-reader", "flame-differential", "flame-tree", "flame-layout", "flame-keys"]
    .map((name) => `export * from "./kernel/lab/${name}.ts";`)
    .join("\n");
  await build({ stdin: { contents, resolveDir: ROOT }, bundle: true, format: "esm", outfile });
  lab = (await import(outfile)) as FlameModules;
});
after(() => rm(folder, { recursive: true, force: true }));

const TREE = {
  name: "all",
  value: 100,
  children: [
    { name: "a", value: 60, children: [{ name: "b", module: "libb.so", value: 30 }] },
    { name: "c", value: 30, children: [{ name: "b", value: 10, children: [{ name: "b", value: 5 }] }] },
    { name: "tiny", value: 0.1 },
  ],
};
const read = (root: unknown) => lab.readFlameTree({ version: 1, root }).root;
const places = (zoomed: Frame, width: number) =>
  lab.layoutFlame(zoomed, width).boxes.map(({ frame, x, width, row }) => [frame.name, x, width, row]);

describe("layoutFlame", () => {
  test("gives every frame its share of its caller's width, left to right", () => {
    assert.deepEqual(places(read(TREE), 200), [
      ["all", 0, 200, 0],
      ["a", 0, 120, 1],
      ["b", 0, 60, 2],
      ["c", 120, 60, 1],
      ["b", 120, 20, 2],
      ["b", 120, 10, 3],
    ]);
  });

  test("leaves out what is narrower than half a pixel, and counts it", () => {
    const { boxes, culled } = lab.layoutFlame(read(TREE), 200);
    assert.equal(culled, 1);
    assert.ok(!boxes.some(({ frame }) => frame.name === "tiny"));
    assert.equal(lab.layoutFlame(read(TREE), 600).culled, 0);
  });

  test("gives the zoomed frame and its callers the whole width", () => {
    const zoomed = read(TREE).children[1];
    assert.deepEqual(places(zoomed, 300), [
      ["all", 0, 300, 0],
      ["c", 0, 300, 1],
      ["b", 0, 100, 2],
      ["b", 0, 50, 3],
    ]);
    const callers = lab.layoutFlame(zoomed, 300).boxes.filter((box) => box.caller);
    assert.deepEqual(
      callers.map(({ frame }) => frame.name),
      ["all"],
    );
  });

  test("squeezes children that exceed their parent into it", () => {
    const root = read({
      name: "all",
      value: 10,
      children: [
        { name: "a", value: 30 },
        { name: "b", value: 10 },
      ],
    });
    assert.deepEqual(places(root, 400).slice(1), [
      ["a", 0, 300, 1],
      ["b", 300, 100, 1],
    ]);
    assert.equal(root.self, 0);
  });

  test("draws an empty profile as its root", () => {
    assert.deepEqual(places(read({ name: "all", value: 0 }), 100), [["all", 0, 100, 0]]);
  });

  test("takes stacks deeper than the call stack", () => {
    const depth = 50_000;
    const nodes = Array.from({ length: depth }, (_, i) => [i - 1, 0, 1]);
    const { root } = lab.readFlameTree({ version: 1, functions: [{ name: "f" }], nodes });
    assert.equal(lab.layoutFlame(root, 100).rows, depth);
  });
});

describe("readFlameTree", () => {
  test("reads the flat form as the nested one", () => {
    const functions = [
      { name: "all" },
      { name: "a" },
      { name: "b", module: "libb.so" },
      { name: "c" },
      { name: "tiny" },
    ];
    const nodes = [
      [-1, 0, 100],
      [0, 1, 60],
      [1, 2, 30],
      [0, 3, 30],
      [3, 2, 10],
      [4, 2, 5],
      [0, 4, 0.1],
    ];
    const flat = lab.readFlameTree({ version: 1, functions, nodes }).root;
    assert.deepEqual(places(flat, 200), places(read(TREE), 200));
    assert.equal(flat.children[0].self, 30);
  });

  test("reads where a function is, and takes what is no place as none", () => {
    const place = (about: object) => read({ name: "f", value: 1, ...about }).place;
    assert.equal(place({ file: "/src/a.c", line: 12 }), "/src/a.c:12");
    assert.equal(place({ file: "/src/a.c" }), "/src/a.c");
    assert.equal(place({ file: { a: 1 }, line: 12 }), "");
    assert.equal(place({ file: "a.c", line: "12" }), "a.c");
    assert.ok(lab.frameMatcher("a\\.c:12")(read({ name: "f", value: 1, file: "a.c", line: 12 })));
  });

  const malformed: [name: string, data: unknown, message: RegExp][] = [
    ["no object", "text", /not an object/],
    ["another version", { version: 2 }, /version 2/],
    ["no root", { version: 1 }, /no root/],
    ["a name that is no text", { version: 1, root: { name: 5, value: 1 } }, /name of a frame is 5/],
    ["a negative value", { version: 1, root: { name: "x", value: -1 } }, /value of "x" is -1/],
    ["children that are no list", { version: 1, root: { name: "x", value: 1, children: 7 } }, /not a list/],
    [
      "a child that is no object",
      { version: 1, root: { name: "x", value: 1, children: [null] } },
      /child of "x"/,
    ],
    [
      "a parent that comes later",
      {
        version: 1,
        functions: [{ name: "x" }],
        nodes: [
          [-1, 0, 1],
          [2, 0, 1],
        ],
      },
      /node 1/,
    ],
    ["no nodes", { version: 1, functions: [], nodes: [] }, /no nodes/],
  ];
  for (const [name, data, message] of malformed) {
    test(`says what is wrong: ${name}`, () => assert.throws(() => lab.readFlameTree(data), message));
  }
});

describe("a graph of two sides", () => {
  const functions = [{ name: "all" }, { name: "a" }, { name: "b" }];
  const nodes = [
    [-1, 0, 50],
    [0, 1, 10],
    [0, 2, 40],
  ];
  const changes = [
    [1, 1, -0.1, 0.1, 2],
    [0.75, 0.2, -0.6, -0.5, 1],
    [0, 0.8, 0.7, 0.9, 0],
  ];
  const differential = {
    by: "after",
    measure: "share",
    scale: 0.8,
    total: "t",
    notes: { after: "Gone: x" },
    changes,
  };

  test("is sized by either side", () => {
    const tree = lab.readFlameTree({ version: 1, functions, nodes, differential });
    const { changes: _, ...rest } = differential;
    assert.deepEqual(tree.differential, { ...rest, notes: { before: "", after: "Gone: x" } });
    const { root } = tree;
    const [a, b] = root.children;
    assert.deepEqual(a.change, { before: 0.75, after: 0.2, low: -0.6, high: -0.5, verdict: "faster" });
    assert.deepEqual([root.value, root.self, a.value, b.value], [1, 0, 0.2, 0.8]);
    lab.sizeBy(root, "before");
    assert.deepEqual([root.value, root.self, a.value, b.value], [1, 0.25, 0.75, 0]);
    assert.deepEqual(
      places(root, 100).map(([name, , width]) => [name, width]),
      [
        ["all", 100],
        ["a", 75],
      ],
    );
  });

  test("what is no change is said in words, and what is no text is none", () => {
    const read = (more: object) =>
      lab.readFlameTree({ version: 1, functions, nodes, differential: { ...differential, ...more } });
    assert.throws(() => read({ changes: [] }), /its changes are not a list of one a frame/);
    assert.throws(
      () => read({ changes: [changes[0], changes[1], [1, 2]] }),
      /change 2 is not a list of 5 numbers/,
    );
    assert.throws(
      () => read({ changes: [changes[0], [-1, 0, 0, 0, 0], changes[2]] }),
      /change 1 has a side below 0/,
    );
    assert.throws(() => read({ changes: [changes[0], changes[1], "abcde"] }), /change 2/);
    const odd = read({ by: 7, measure: {}, scale: "x", total: 1, notes: [] }).differential;
    assert.deepEqual(odd, {
      ...{ by: "after", measure: "share", scale: 0, total: "" },
      notes: { before: "", after: "" },
    });
  });
});

test("a search counts a frame inside a matching frame once", () => {
  const root = read(TREE);
  assert.equal(lab.matchedValue(root, lab.frameMatcher("^b$")), 40);
  assert.equal(lab.matchedValue(root, lab.frameMatcher("LIBB")), 30);
  assert.equal(lab.matchedValue(root, lab.frameMatcher("(")), 0);
});

test("a label is clipped to its box, and left out where it would say nothing", () => {
  assert.equal(lab.clipLabel("malloc", 6), "malloc");
  assert.equal(lab.clipLabel("malloc", 5), "mall…");
  assert.equal(lab.clipLabel("malloc", 3), "");
});

test("arrow keys walk to the largest callee, the caller and the neighbours", () => {
  const root = read(TREE);
  const [a, c] = root.children;
  assert.equal(lab.frameByKey(root, "ArrowUp"), a);
  assert.equal(lab.frameByKey(a, "ArrowRight"), c);
  assert.equal(lab.frameByKey(c, "ArrowLeft"), a);
  assert.equal(lab.frameByKey(c, "ArrowDown"), root);
  assert.equal(lab.frameByKey(root, "ArrowDown"), undefined);
});
