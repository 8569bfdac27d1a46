import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { contents, KernelClient, printed } from "../helpers/kernel-client.js";
import { exitOnSignals } from "./exit-on-signals.js";
import { type BenchKernel, kernels, memoryMib } from "./kernels.js";
import { median, ratio, table } from "./statistics.js";

/** What people wait for in a notebook: our kernel beside ipykernel and Deno, in one run, each the same requests. */
const STARTS = Number(process.argv[2] ?? 5);
const CELLS = 200;
const COMPLETIONS = 30;
const BURN_MS = 2000;
const LINES = 20_000;
const BURSTS = 3;
const WAIT_MS = 120_000;
/** Memory is looked at when a kernel has had nothing to do for so long, as when a person looks at a result. */
const REST_MS = 12_000;

/** Values of one kernel by what was measured. */
type Figures = Record<Measure, number[]>;
type Measure = (typeof MEASURES)[number];
const MEASURES = [
  ...(["start", "first", "trivial", "idle", "burning"] as const),
  ...(["burst", "lines", "messages", "memory", "later"] as const),
];

const figures = new Map<BenchKernel, Figures>();

/** From the start of the process to the reply to `kernel_info_request`, and to the first cell's result. */
async function start(kernel: BenchKernel): Promise<KernelClient> {
  const client = await KernelClient.spawn(kernel.command);
  const { start, first } = figures.get(kernel)!;
  await client.reply(client.send("kernel_info_request", {})); // its idle may come before the subscription does
  start.push(performance.now() - client.spawnedAtMs);
  const id = client.sendExecute("6 * 7");
  await client.until(() => contents(client.of(id), "execute_result").length > 0, "a result", WAIT_MS);
  first.push(performance.now() - client.spawnedAtMs);
  await client.answer(id);
  return client;
}

async function measure(kernel: BenchKernel, client: KernelClient): Promise<void> {
  const { trivial, idle, burning, burst, messages, lines, memory, later } = figures.get(kernel)!;
  for (let i = 0; i < CELLS; i++) trivial.push(await timed(() => client.execute(kernel.trivial(i))));
  await sleep(REST_MS);
  memory.push(memoryMib(client.process.pid!).pss);
  for (let i = CELLS; i < 2 * CELLS; i++) await client.execute(kernel.trivial(i));
  await sleep(REST_MS);
  later.push(memoryMib(client.process.pid!).pss);

  if (kernel.completion.before) await client.execute(kernel.completion.before);
  const complete = () => timed(() => completed(kernel, client));
  for (let i = 0; i < COMPLETIONS; i++) idle.push(await complete());
  const cell = client.sendExecute(kernel.burn(BURN_MS));
  const isBusy = () => contents(client.of(cell), "execute_input").length > 0;
  await client.until(isBusy, "the cell to begin", WAIT_MS);
  const begun = performance.now();
  do burning.push(await complete());
  while (performance.now() - begun < BURN_MS / 2);
  await client.answer(cell);

  for (let i = 0; i < BURSTS; i++) {
    const began = performance.now();
    const id = client.sendExecute(kernel.printLines(LINES));
    // Asked at each message; joining the whole text there would be what is measured.
    const isLast = () => String(client.published.at(-1)?.content.text ?? "").includes(`line ${LINES - 1}`);
    await client.until(isLast, "the last line", WAIT_MS);
    burst.push(performance.now() - began);
    const { iopub } = await client.answer(id);
    lines.push(printed(iopub).split("\n").length - 1);
    messages.push(contents(iopub, "stream").length);
  }
}

async function completed({ completion }: BenchKernel, client: KernelClient): Promise<void> {
  const { code, prefix } = completion;
  const { reply } = await client.request("complete_request", { code, cursor_pos: code.length });
  const matches = reply.matches as string[];
  if (!matches.some((match) => match.includes(prefix))) throw new Error(`${code} is completed by ${matches}`);
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

/** A line of the table: a measure with its unit, its digits, and what our kernel is to reach. */
const ROWS: readonly [what: string, measure: Measure, digits: number, target: string][] = [
  ["start → kernel_info reply, ms", "start", 0, "≤ 0.6 × ipykernel"],
  ["start → first cell's result, ms", "first", 0, "≤ 1.2 × ipykernel"],
  ["trivial cell, ms", "trivial", 1, "≤ 1.0 × ipykernel"],
  ["completion, idle, ms", "idle", 1, "≤ 15 ms"],
  ["completion while a cell is busy, ms", "burning", 1, "≤ 60 ms"],
  [`${LINES} lines in a burst, ms`, "burst", 0, "≤ 1.0 × ipykernel"],
  ["  lines that came", "lines", 0, String(LINES)],
  ["  messages", "messages", 0, "≤ 50"],
  [`memory after ${CELLS} cells, MiB`, "memory", 0, "≤ 350 MiB"],
  [`memory after ${2 * CELLS} cells, MiB`, "later", 0, "as before"],
];

function report(): string {
  const [ours, ...others] = figures.keys();
  const value = (kernel: BenchKernel, name: Measure) => median(figures.get(kernel)![name]);
  const head = ["medians", ours.name, ...others.flatMap(({ name }) => [name, "ours /"]), "to reach"];
  const rows = ROWS.map(([what, name, digits, target]) => [
    what,
    value(ours, name).toFixed(digits),
    ...others.flatMap((kernel) => [
      value(kernel, name).toFixed(digits),
      ratio(value(ours, name), value(kernel, name)),
    ]),
    target,
  ]);
  return table([head, ...rows]);
}

exitOnSignals();
const folder = mkdtempSync(join(tmpdir(), "proflab-kernels-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
process.env.DENO_DIR = join(folder, "deno");
for (const kernel of kernels(folder)) {
  figures.set(kernel, Object.fromEntries(MEASURES.map((name) => [name, []])) as unknown as Figures);
}
// In turn, so that what else the machine does meets each of them.
for (let i = 0; i < STARTS; i++) {
  for (const kernel of figures.keys()) {
    await using client = await start(kernel);
    if (i === STARTS - 1) await measure(kernel, client);
  }
}
process.stdout.write(`${report()}

${STARTS} starts and, in the last kernel of each, ${2 * CELLS} trivial cells (ours are type-checked; Python and Deno check nothing).
Memory is that of all processes of the kernel, shared pages divided among those that share them (PSS), ${REST_MS / 1000} s after the last cell.
`);
