import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Compiler } from "../../../kernel/cells/compiler.js";
import { rememberCell } from "../../../kernel/cells/stack-trace.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { cellStacks } from "../../../kernel/profile/cell-stacks.js";
import { samples, tree } from "../../helpers/samples.js";

const OWN = 5;

/** Cell 3 as it was typed. What is emitted has other lines: types vanish, a getter is spread over several. */
const CELL = `// A comment
interface Point {
  x: number;
}
function busy(n: number): number { return n; }
class Shape { get area(): number { return busy(2); } }
const sizes = [1, 2].map((n) => busy(n)).map((n) => n + 1);
const timer = { on: undefined as unknown };
timer.on = () => 1;
setTimeout(
  async () => 2, { ref: 1 } as never);`;

/** Cell 6: the compiler adds functions of its own for the decorator. */
const DECORATED = "function log(method: unknown, context: unknown) {}\nclass Box { @log open() {} }";

/** File, line and column of a place in what is emitted of cell 3 or another, as a perf map has them. */
let at: (text: string, number?: number) => string;

before(() => {
  const compiler = new Compiler();
  const codes = new Map<number, string>();
  for (const [number, text] of [[3, CELL] as const, [6, DECORATED] as const]) {
    const compilation = compiler.compile(text, number);
    assert.ok("cell" in compilation);
    codes.set(number, compilation.cell.code);
    rememberCell(compilation.cell);
  }
  compiler.close();
  rememberCell({ number: 4, code: "", sourceMaps: [] });
  at = (text, number = 3) => {
    const code = codes.get(number)!;
    const position = code.indexOf(text);
    assert.ok(position > 0, `${text} in ${code}`);
    const lines = code.slice(0, position).split("\n");
    return `[kind:jit][mod:[jit]][file:cell[${number}].ts][line:${lines.length}][column:${lines.at(-1)!.length + 1}]`;
  };
});

const TOP_LEVEL = "cell[kind:jit][mod:[jit]][file:cell[3].ts][line:1][column:21]";
const RUNNER = "processImmediate[kind:jit][mod:[jit]][file:node:internal/timers][line:438][column:1]";

const stacks = (frame: ProfileFrame) => frame.toJSON({ format: "row" }) as unknown as { stack: string }[];

test("functions of cells have the cell and the line that was typed, and what is above them is one frame", () => {
  const data = samples(
    `
    comm:node[pid:5]      comm:node[pid:5]      comm:node[pid:5]  comm:node[pid:5]
    _start                _start                _start            _start
    ${RUNNER}             ${RUNNER}             ${RUNNER}         uv_run
    ${TOP_LEVEL}          ${TOP_LEVEL}          get area${at("() { return (0, exports.busy)(2)")}  GC
    (anonymous)${at("(n) => (0, exports.busy)(n)")}  (anonymous)${at("(n) => n + 1")}  busy${at("(n) { return n")}  -
    busy${at("(n) { return n")}  -  -  -
    Builtins_Add          -                     -                 -
    `,
  );
  const frame = ProfileFrame.fromProfile(cellStacks(data, OWN));
  assert.deepEqual(
    stacks(frame)
      .map(({ stack }) => stack)
      .sort(),
    [
      "[proflab kernel];In[3]:1;(anonymous)  In[3]:7:26;busy  In[3]:5;Builtins_Add",
      "[proflab kernel];In[3]:1;(anonymous)  In[3]:7:46",
      "[proflab kernel];get area  In[3]:6;busy  In[3]:5",
      "_start;uv_run;GC",
    ],
  );
  const functions = frame.table("frames").toJSON({ format: "row" }) as {
    name: string;
    module: string;
    kind: string;
    file: string | null;
    line: number | null;
    total: number;
  }[];
  const busy = functions.find(({ name }) => name === "busy  In[3]:5");
  assert.deepEqual(busy, {
    name: "busy  In[3]:5",
    module: "[jit]",
    kind: "jit",
    file: "In[3]",
    line: 5,
    self: 1,
    total: 2,
  });
  assert.ok(!functions.some(({ name }) => name === "processImmediate"));
  assert.match(tree(frame), /^\[proflab kernel\] 3\n {2}In\[3\]:1 2\n/m);
  assert.ok((frame.top().values as unknown[][]).some(([name]) => name === "busy  In[3]:5"));
});

test("`internals` keeps what is above", () => {
  const data = samples(`comm:node[pid:5]\n_start\n${RUNNER}\n${TOP_LEVEL}`);
  const frame = ProfileFrame.fromProfile(cellStacks(data, OWN, true));
  assert.equal(stacks(frame)[0].stack, "_start;processImmediate;In[3]:1");
});

test("stacks that are equal then are one row, and samples still point at theirs", () => {
  const data = samples(`
    comm:node[pid:5][cpu:1][weight:7]  comm:node[pid:5]  comm:node[pid:5][end:depth]  comm:node[pid:5]
    _start                   a                 a                            GC
    ${TOP_LEVEL}             b                 b                            -
    -                        ${TOP_LEVEL}      ${TOP_LEVEL}                 -
  `);
  const shown = cellStacks(data, OWN);
  assert.deepEqual([...shown.samples.stack], [0, 0, 1, 2]);
  assert.deepEqual(shown.stacks.end, ["complete", "depth", "complete"]);
  assert.equal(new Set(shown.stacks.id).size, 3);
  assert.deepEqual(shown.samples.weight, data.samples.weight);
  assert.deepEqual(shown.samples.cpu, data.samples.cpu);
  assert.equal(shown.meta, data.meta);
  const frame = ProfileFrame.fromProfile(shown);
  assert.deepEqual(frame["samples"].values, [2, 1, 1]);
});

test("a stack that two processes have is renamed in this one alone, and ids are those of the content", () => {
  const text = `
    comm:node[pid:6]  comm:node[pid:5]
    _start            _start
    ${TOP_LEVEL}      ${TOP_LEVEL}
  `;
  const data = samples(text);
  assert.equal(data.stacks.end.length, 1);
  const shown = cellStacks(data, OWN);
  const rows = ProfileFrame.fromProfile(shown).toJSON({ format: "row" }) as { pid: number; stack: string }[];
  assert.deepEqual(
    new Map(rows.map(({ pid, stack }) => [pid, stack])),
    new Map([
      [6, "_start;cell"],
      [5, "[proflab kernel];In[3]:1"],
    ]),
  );
  assert.deepEqual(cellStacks(samples(text), OWN).stacks.id, shown.stacks.id, "the same each time");
  assert.ok(shown.frames.id.includes(data.frames.id[0]), "a frame that is kept keeps its id");
});

test("what is no cell of this process stays as it is", () => {
  for (const frame of [
    "f[kind:jit][file:cell[99].ts][line:5][column:1]",
    "f[kind:jit][file:/home/cell[3].ts][line:5][column:1]",
    "f[kind:user][file:cell[3].ts][line:5][column:1]",
    "f[kind:jit][file:cell[3].ts]",
    "f[kind:jit]",
  ]) {
    const data = samples(`comm:node[pid:5]\n_start\n${frame}`);
    assert.equal(cellStacks(data, OWN), data, frame);
  }
  const empty = samples("");
  assert.equal(cellStacks(empty, OWN), empty);
});

test("a function that the compiler added has no line, an exported name is a name, a silent text has no number", () => {
  rememberCell({ number: 1_000_002, code: "", sourceMaps: [] });
  const jit = (name: string, file: string, line: number) =>
    `${name}[kind:jit][mod:[jit]][file:${file}][line:${line}][column:3]`;
  const data = samples(`comm:node[pid:5]
    ${jit("exports.f", "cell[4].ts", 7)}
    ${jit("g", "cell[1000002].ts", 8)}
    __esDecorate${at("(ctor, descriptorIn", 6)}`);
  const [{ stack }] = stacks(ProfileFrame.fromProfile(cellStacks(data, OWN)));
  assert.equal(stack, "f  In[4]:7;g  In[ ]:8;__esDecorate  In[6]");
});

test("a name that V8 made of what stands beside an argument is not shown; one of an assignment is", () => {
  const data = samples(`
    comm:node[pid:5]
    timer.on${at("() => 1")}
    setTimeout.ref${at("() => 2")}
  `);
  const [{ stack }] = stacks(ProfileFrame.fromProfile(cellStacks(data, OWN)));
  assert.match(stack, /^timer\.on {2}In\[3\]:9;\(anonymous\) {2}In\[3\]:11:\d$/);
});
