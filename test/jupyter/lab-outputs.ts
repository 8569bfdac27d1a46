import { FLAMEGRAPH_MIME, PLOTLY_MIME } from "../../kernel/display/mime.js";

interface Node {
  name: string;
  module?: string;
  kind?: string;
  file?: string;
  line?: number;
  value: number;
  children?: Node[];
}

/** A name that would run a script if it ever became HTML. */
export const HOSTILE = "<img src=x onerror=\"globalThis.hacked='name'\">";

/** A path of frames around a subtree, the outermost first. */
function under(frames: [name: string, module: string, kind: string][], top: Node[], self = 0): Node {
  const value = self + top.reduce((sum, node) => sum + node.value, 0);
  return frames.reduceRight<Node[]>((children, [name, module, kind]) => {
    return [{ name, module, kind, value, children }];
  }, top)[0];
}

/** A profile as a web server could give it: Node, JIT-compiled code, libc and the kernel. */
const SERVER: Node = {
  name: "all",
  value: 8000,
  children: [
    under(
      [
        ["_start", "/usr/bin/node", "user"],
        ["__libc_start_main", "libc.so.6", "user"],
        ["node::Start(int, char**)", "/usr/bin/node", "user"],
        ["uv_run", "/usr/bin/node", "user"],
        ["uv__io_poll", "/usr/bin/node", "user"],
        ["node::InternalMakeCallback(node::Environment*, v8::Local<v8::Object>)", "/usr/bin/node", "user"],
        ["onRequest server.ts:18", "[jit]", "jit"],
      ],
      [
        under(
          [
            ["parseBody server.ts:42", "[jit]", "jit"],
            ["readToken lexer.ts:9", "[jit]", "inlined"],
          ],
          [
            {
              name: "v8::internal::JsonParser<uint8_t>::ParseJson()",
              module: "/usr/bin/node",
              file: "src/json/json-parser.cc",
              line: 512,
              value: 1400,
            },
            { name: HOSTILE, module: HOSTILE, kind: "jit", value: 420 },
            { name: "Builtins_StringSlowFlatten", module: "/usr/bin/node", value: 280 },
          ],
          300,
        ),
        under(
          [
            ["render view.ts:77", "[jit]", "jit"],
            ["escapeHtml view.ts:3", "[jit]", "inlined"],
          ],
          [{ name: "Builtins_RegExpReplace", module: "/usr/bin/node", value: 700 }],
          500,
        ),
        under(
          [
            ["uv_try_write", "/usr/bin/node", "user"],
            ["writev", "libc.so.6", "user"],
            ["entry_SYSCALL_64_after_hwframe", "[kernel]", "kernel"],
            ["do_syscall_64", "[kernel]", "kernel"],
            ["do_writev", "[kernel]", "kernel"],
            ["tcp_sendmsg", "[kernel]", "kernel"],
          ],
          [
            { name: "tcp_write_xmit", module: "[kernel]", kind: "kernel", value: 800 },
            { name: "_copy_from_iter", module: "[kernel]", kind: "kernel", value: 300 },
          ],
          100,
        ),
      ],
      200,
    ),
    under(
      [
        ["start_thread", "libc.so.6", "user"],
        ["v8::platform::WorkerThread::Run()", "/usr/bin/node", "user"],
      ],
      [
        { name: "v8::internal::Scavenger::Process()", module: "/usr/bin/node", kind: "user", value: 1300 },
        {
          name: "v8::internal::ConcurrentMarking::Run()",
          module: "/usr/bin/node",
          kind: "user",
          value: 1000,
        },
        { name: "asm_exc_page_fault", module: "[kernel]", kind: "kernel", value: 300 },
      ],
      400,
    ),
  ],
};

/** A stack of 250 frames, in the flat form: nested, Jupyter's server could not read it. */
const DEEP = {
  version: 1,
  title: "Deep recursion",
  unit: "samples",
  functions: [
    { name: "all" },
    { name: "even", module: "a.out", kind: "user" },
    { name: "odd", module: "a.out", kind: "inlined" },
    { name: "leaf", module: "a.out", kind: "user" },
  ],
  nodes: Array.from({ length: 250 }, (_, i) => [
    i - 1,
    i === 0 ? 0 : i === 249 ? 3 : 1 + (i % 2),
    100 - i / 5,
  ]),
};

/** Two sides by time: `known` is almost gone after, `gone` is, and `hash` is new. */
const DIFFERENTIAL = {
  ...{ version: 1, title: "Catalogue", unit: "samples" },
  functions: ["all", "load", "known", "parse", "hash", "gone", HOSTILE].map((name) => ({
    name,
    module: "catalogue",
  })),
  nodes: [-1, 0, 1, 1, 1, 0, 1].map((parent, i) => [parent, i, [500, 500, 40, 330, 60, 0, 70][i]]),
  differential: {
    ...{ by: "after", measure: "time", scale: 1200, total: "1,700.0 → 500.0 ms a window (−70.6 %)" },
    notes: {
      before: "Seen only when sized by after: hash 12.0 %",
      after: "Seen only when sized by before: gone",
    },
    changes: [
      [1700, 500, -1260, -1140, 1],
      [1600, 500, -1160, -1040, 1],
      [1200, 40, -1220.4, -1100.6, 1],
      [340, 330, -50, 30, 2],
      [0, 60, 45, 77, 0],
      [100, 0, -120, -80, 1],
      [60, 70, -10, 30, 2],
    ],
  },
};

const flame = (root: unknown, title: string) => ({
  [FLAMEGRAPH_MIME]: { version: 1, title, unit: "samples", root },
});
const figure = (data: unknown, layout: object = {}) => ({ [PLOTLY_MIME]: { data, layout } });

/** Outputs by name, each of which becomes a cell. */
export const OUTPUTS: Record<string, Record<string, unknown>> = {
  flame: flame(SERVER, "CPU time of node, 8 s at 997 Hz"),
  bars: figure(
    [
      { type: "bar", name: "before", x: ["parse", "render", "write"], y: [2400, 1200, 1200] },
      { type: "bar", name: HOSTILE, x: ["parse", "render", "write"], y: [1300, 1180, 1220] },
    ],
    { title: { text: "Samples by function" }, yaxis: { title: { text: "samples" } } },
  ),
  violin: figure([{ type: "violin", y: Array.from({ length: 200 }, (_, i) => Math.sin(i) * (i % 7)) }]),
  deep: { [FLAMEGRAPH_MIME]: DEEP },
  differential: { [FLAMEGRAPH_MIME]: DIFFERENTIAL },
  brokenDifferential: { [FLAMEGRAPH_MIME]: { ...DIFFERENTIAL, differential: { changes: 5 } } },
  unknownTrace: figure([{ type: "scatter3d", x: [1], y: [1], z: [1] }]),
  remoteImage: figure([{ type: "bar", y: [1] }], { images: [{ source: "https://example.org/track.png" }] }),
  remoteStyle: figure([
    { type: "bar", y: [1], name: '<span style="mask:url(https://example.org/a)">a</span>' },
  ]),
  brokenFigure: figure("what?"),
  emptyTrace: figure([{ type: "heatmap", z: 5 }]),
  brokenFlame: flame({ name: "all", value: -1 }, "Broken"),
};

/** A notebook as it comes from elsewhere: executed, unsigned, so not trusted. */
export function notebook(): object {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "none", display_name: "none" } },
    cells: Object.entries(OUTPUTS).map(([name, data], i) => ({
      id: name,
      cell_type: "code",
      metadata: {},
      source: `show("${name}")`,
      execution_count: i + 1,
      outputs: [
        {
          output_type: "display_data",
          metadata: {},
          data: { ...data, "text/html": "<b>static picture</b>", "text/plain": "picture" },
        },
      ],
    })),
  };
}
