import assert from "node:assert/strict";
import { test } from "node:test";
import { KernelClient, printed } from "../helpers/kernel-client.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();

/**
 * Two functions with the same loop, in which each turn waits for the one before: its time is that of the instructions, and
 * neither alignment nor the compiler changes it.
 */
const WORK = `// The work
const SHARE = { light: 1, heavy: 3 };
function light(turns: number): number {
  let x = 1;
  for (let i = 0; i < SHARE.light * turns; i++) x = Math.sqrt(x + 2);
  return x;
}
interface Unused { nothing: string }
function heavy(turns: number): number {
  let x = 1;
  for (let i = 0; i < SHARE.heavy * turns; i++) x = Math.sqrt(x + 2);
  return x;
}
light(1e6); heavy(1e6);`;

/** Prints what `df` holds, as JSON. */
const PRINT = `
console.log(JSON.stringify({
  rows: df.toJSON({ format: "row" }),
  frames: df.table("frames").toJSON({ format: "row" }),
  top: df.top().toJSON({ format: "row" }),
  flame: String(df.flamegraph()),
  meta: df.meta,
}));`;

interface Printed {
  rows: { stack: string; leaf: string; samples: number; kind: string; comm: string }[];
  frames: { name: string; file: string | null; line: number | null; self: number; total: number }[];
  top: { name: string; self: number }[];
  flame: string;
  meta: {
    accounting: { ticks: number; samples: number; filtered: object; dropped: object };
    ends: Record<string, number>;
    stops: Record<string, { module: string; samples: number }>;
  };
}

async function printedBy(kernel: KernelClient, code: string): Promise<Printed> {
  const { reply, iopub } = await kernel.execute(code + PRINT);
  assert.equal(reply.status, "ok", `${reply.evalue}`);
  return JSON.parse(printed(iopub)) as Printed;
}

const sum = (counts: object) => Object.values(counts).reduce((a, b) => a + b, 0);

test("a cell's functions have their cell and line, the share of samples is right, and the account adds up", async () => {
  await using kernel = await KernelClient.start();
  await kernel.execute(WORK);
  const { rows, frames, top, flame, meta } = await printedBy(
    kernel,
    `const df = await profile(() => {
  let x = 0;
  for (let round = 0; round < 10; round++) x += light(12e6) + heavy(12e6);
  return x;
});`,
  );
  const [light, heavy] = ["light  In[1]:3", "heavy  In[1]:9"].map((name) =>
    frames.find((frame) => frame.name === name),
  );
  assert.ok(light && heavy, JSON.stringify(frames.slice(0, 5)));
  assert.deepEqual([light.file, light.line, heavy.file, heavy.line], ["In[1]", 3, "In[1]", 9]);

  // The leaf of nearly all samples of this thread; of the rest some are a tick's own work in the kernel.
  const all = light.total + heavy.total;
  assert.ok(all > 800, `${all} samples`);
  assert.ok(light.self + heavy.self > 0.97 * all, `${light.self} + ${heavy.self} of ${all}`);
  assert.ok(all > 0.8 * meta.accounting.samples, `${all} of ${meta.accounting.samples}`);
  const standardError = Math.sqrt((0.75 * 0.25) / all);
  const share = heavy.total / all;
  assert.ok(
    Math.abs(share - 0.75) < 4 * standardError,
    `heavy has ${share.toFixed(4)} of ${all}, expected 0.75 ± ${(4 * standardError).toFixed(4)}`,
  );

  // One way of writing, everywhere; nothing of the kernel's above.
  const stack = "[proflab kernel];(anonymous)  In[2]:1:26;heavy  In[1]:9";
  assert.equal(rows[0].stack, stack);
  assert.deepEqual([rows[0].leaf, rows[0].kind], ["heavy  In[1]:9", "jit"]);
  assert.equal(top[0].name, "heavy  In[1]:9");
  assert.match(flame, /\[proflab kernel\]\n.*\(anonymous\) {2}In\[2\]:1:26\n.*heavy {2}In\[1\]:9\n/);
  for (const { stack } of rows)
    assert.ok(!/In\[\d/.test(stack) || stack.startsWith("[proflab kernel];"), stack);

  assert.equal(
    meta.accounting.samples + sum(meta.accounting.filtered) + sum(meta.accounting.dropped),
    meta.accounting.ticks,
  );
  assert.equal(
    rows.reduce((all, { samples }) => all + samples, 0),
    meta.accounting.samples,
  );
  assert.equal(sum(meta.ends), meta.accounting.samples);
  for (const [end, { samples }] of Object.entries(meta.stops)) assert.ok(samples <= meta.ends[end], end);
});

test("builtins, awaits, timers, methods and a cell's own code read well; `internals` shows what is above", async () => {
  await using kernel = await KernelClient.start();
  await kernel.execute(WORK);
  await kernel.execute(`class Parser {
  get size() { return heavy(2e7); }
  parse() { return [1, 2].map((n) => heavy(n * 1e7)); }
}
async function loop() {
  await new Promise((done) => setTimeout(done, 2));
  heavy(2e7);
}
const timer = () => new Promise<void>((done) => { setTimeout(function tick() { heavy(2e7); done(); }, 1); });
const run = await profile.start({ pid: process.pid, progress: false });
heavy(2e7);`);
  const whole = await printedBy(kernel, "const df = await run.stop();");
  assert.ok(whole.rows.some(({ stack }) => stack === "[proflab kernel];In[2]:1;heavy  In[1]:9"));

  const inner = async (run: string, options = "") => {
    const { rows } = await printedBy(kernel, `var df = await profile(() => ${run}${options});`);
    return rows.map(({ stack }) => stack);
  };
  const arrow = "\\(anonymous\\)  In\\[\\d+\\]:1:\\d+";
  for (const [run, expected] of [
    ["new Parser().size", `${arrow};(Builtins_\\w+;)*get size  In\\[2\\]:2;heavy  In\\[1\\]:9`],
    [
      "new Parser().parse()",
      `${arrow};parse  In\\[2\\]:3;Builtins_ArrayMap;\\(anonymous\\)  In\\[2\\]:3:\\d+;heavy  In\\[1\\]:9`,
    ],
    ["loop()", "loop  In\\[2\\]:5;heavy  In\\[1\\]:9"],
    ["timer()", "tick  In\\[2\\]:9;heavy  In\\[1\\]:9"],
  ] as const) {
    const stacks = await inner(run);
    const pattern = new RegExp(`^\\[proflab kernel\\];${expected}$`);
    assert.ok(
      stacks.some((stack) => pattern.test(stack)),
      `${pattern} in ${stacks.slice(0, 5).join("\n")}`,
    );
  }
  const [first] = await inner("heavy(3e7)", ", { internals: true }");
  assert.match(
    first,
    /;Builtins_JSEntry;.*processImmediate;.*;\(anonymous\) {2}In\[\d+\]:1:\d+;heavy {2}In\[1\]:9$/,
  );
  assert.doesNotMatch(first, /\[proflab kernel\]/);
});
