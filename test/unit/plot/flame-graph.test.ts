import assert from "node:assert/strict";
import test from "node:test";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { FLAMEGRAPH_MIME, jupyterDisplay } from "../../../kernel/display/mime.js";
import { FlameGraph } from "../../../kernel/plot/flame-graph.js";
import { walk } from "../../../kernel/plot/flame-tree.js";
import { assertGolden } from "../../helpers/golden.js";
import { samples, tree } from "../../helpers/samples.js";

/** A small server: parsing in JavaScript, compression in a library, reading in the kernel. */
const server = () =>
  ProfileFrame.fromProfile(
    samples(`
      comm:node             comm:node             comm:node                    comm:node         comm:node                    comm:node                       comm:worker
      main[mod:node]        main[mod:node]        main[mod:node]               main[mod:node]    main[mod:node]               main[mod:node]                  thread_start[mod:libc.so.6]
      uv_run[mod:node]      uv_run[mod:node]      uv_run[mod:node]             uv_run[mod:node]  uv_run[mod:node]             uv_run[mod:node]                deflate[mod:libz.so.1]
      onRequest[kind:jit]   onRequest[kind:jit]   onRequest[kind:jit]          onRequest[kind:jit]  uv_read[mod:node]         uv_read[mod:node]               longest_match[mod:libz.so.1]
      parse[kind:jit]       parse[kind:jit]       parse[kind:jit]              render[kind:jit]  read[mod:libc.so.6]          read[mod:libc.so.6]             -
      next<T, 4>[kind:inlined]  next<T, 4>[kind:inlined]  std::map<int, char>::find(int) const  -  do_syscall_64[kind:kernel]  do_syscall_64[kind:kernel]    -
      -                     -                     -                            -                 tcp_recvmsg[kind:kernel]     copy_user_generic[kind:kernel]  -
    `),
  );

test("stacks are merged from the root, the heaviest child first", () => {
  assert.equal(
    tree(
      ProfileFrame.fromProfile(
        samples(`
      main   main   main
      parse  parse  render
      read   lex    <missing_symbols>
    `),
      ),
    ),
    `main 3
  parse 2
    lex 1
    read 1
  render 1
    <missing_symbols> 1`,
  );
});

test("the picture of a small server", () => {
  assertGolden("flame-graph.svg", server().flamegraph({ title: "A small server" }).toSVG());
});

test("the picture of nothing says so", () => {
  assertGolden(
    "flame-graph-empty.svg",
    server()
      .query(() => false)
      .flamegraph({ title: "A small server" })
      .toSVG(),
  );
});

test("its text is the tree of heavy branches", () => {
  assertGolden("flame-graph.txt", `${server().flamegraph({ title: "A small server" })}\n`);
});

test("the bundle: small JSON without what follows from the rest, an SVG as an image, text", () => {
  const bundle = ProfileFrame.fromProfile(samples("main\nread[kind:kernel]"))
    .flamegraph({ title: "t" })
    [jupyterDisplay]();
  assert.deepEqual(bundle[FLAMEGRAPH_MIME], {
    version: 1,
    title: "t",
    unit: "samples",
    functions: [
      { name: "all", module: "", kind: "user" },
      { name: "main", module: "app", kind: "user" },
      { name: "read", module: "[kernel]", kind: "kernel" },
    ],
    nodes: [
      [-1, 0, 1],
      [0, 1, 1],
      [1, 2, 1],
    ],
  });
  assert.match(
    String(bundle["text/html"]),
    /^<img alt="Flame graph: t" style="max-width:100%" src="data:image\/svg\+xml;base64,/,
  );
  assert.match(String(bundle["text/plain"]), /^t: 1 samples\n/);
});

test("file and line of a function come with it, and in tooltips unless its name has them", () => {
  const graph = ProfileFrame.fromProfile(
    samples(`
      main                  main                    main
      f[kind:inlined][file:/src/<a>.c][line:12]  g[kind:jit][file:/src/b.py]  h In[3]:4[kind:jit][mod:[jit]][file:In[3]][line:4]
    `),
  ).flamegraph();
  assert.deepEqual((graph[jupyterDisplay]()[FLAMEGRAPH_MIME] as { functions: object[] }).functions.slice(2), [
    { name: "f", module: "app", kind: "inlined", file: "/src/<a>.c", line: 12 },
    { name: "g", module: "app", kind: "jit", file: "/src/b.py" },
    { name: "h In[3]:4", module: "[jit]", kind: "jit", file: "In[3]", line: 4 },
  ]);
  const titles = [...graph.toSVG().matchAll(/<title>([^<]*)<\/title>/g)].map(([, title]) => title);
  assert.deepEqual(titles.slice(2), [
    "f (/src/&#60;a&#62;.c:12, app): 1 samples, 33.3 %",
    "g (/src/b.py, app): 1 samples, 33.3 %",
    "h In[3]:4 ([jit]): 1 samples, 33.3 %",
  ]);
});

test("the title can be changed, and is text", () => {
  const graph = server().flamegraph();
  graph.title = "</svg><script>";
  assert.match(graph.toSVG(), /&#60;\/svg&#62;&#60;script&#62;/);
  assert.doesNotMatch(graph.toSVG(), /<script/);
});

test("frames below a thousandth are merged, and nothing is lost", () => {
  const count = 3000;
  const graph = FlameGraph.of(
    {
      frames: {
        name: Array.from({ length: count }, (_, i) => `f${i}`),
        module: new Array(count).fill("m"),
        kind: new Array(count).fill("user"),
      },
      offsets: Int32Array.from({ length: count + 1 }, (_, i) => i),
      stackFrames: Int32Array.from({ length: count }, (_, i) => i),
      stacks: Int32Array.from({ length: count }, (_, i) => i),
      weights: Float64Array.from({ length: count }, (_, i) => (i < 3 ? 1000 : 1)),
    },
    "wide",
  );
  assert.deepEqual(
    graph.root.children.map(({ name, value }) => [name, value]),
    [
      ["f0", 1000],
      ["f1", 1000],
      ["f2", 1000],
      ["…", 2997],
    ],
  );
});

test("in every node, self and children make up the value; however deep", () => {
  const depth = 20_000;
  const graph = FlameGraph.of(
    {
      frames: { name: ["f", "g"], module: ["m", "m"], kind: ["user", "jit"] },
      offsets: Int32Array.of(0, depth, depth + 2),
      stackFrames: Int32Array.from({ length: depth + 2 }, (_, i) => i % 2),
      stacks: Int32Array.of(0, 1, 1),
      weights: Float64Array.of(5, 2, 1),
    },
    "deep",
  );
  for (const node of walk(graph.root)) {
    assert.equal(
      node.children.reduce((sum, child) => sum + child.value, node.self),
      node.value,
    );
  }
  assert.ok(String(graph).length > 0 && graph.toSVG().length > 0);
});
