import type { Symbolizer } from "../symbols/symbolizer.js";
import { hostFacts } from "./host.js";
import type { Counters } from "./layout.js";
import { StackNamer } from "./naming.js";
import { orderInTime } from "./order-in-time.js";
import type { TableName } from "./protocol.js";
import { encodeResultTables } from "./result-tables.js";
import type { ClosedWindow } from "./sample-window.js";
import { shortcomings } from "./shortcomings.js";
import type { TickStream } from "./tick-stream.js";

const PREFIXES = { filtered: "filtered_", dropped: "dropped_" } as const;

/** The tables and the facts of a closed window, as they go over the socket. */
export async function makeResult(
  { window, counters, cpus }: ClosedWindow,
  stream: TickStream,
  symbolizer: Symbolizer,
): Promise<{ meta: Record<string, unknown>; tables: Record<TableName, Uint8Array> }> {
  const [timeNs, cpu] = [window.timeNs.view(), window.cpu.view()];
  const order = orderInTime(timeNs, cpu);
  const rawStack = window.stack.view();
  const rawThread = window.thread.view();
  const threadRows = new Map<number, number>();
  for (const thread of rawThread) if (!threadRows.has(thread)) threadRows.set(thread, threadRows.size);
  const threads = [...threadRows.keys()].map((thread) => stream.threads.rows[thread]);

  const pids = new Set(threads.map((thread) => thread.pid));
  stream.unwinding.refresh(pids);
  for (const pid of pids) symbolizer.forgetProcess(pid);
  symbolizer.beginWindow();
  const namer = new StackNamer(stream.stacks, stream.unwinding.timeline, symbolizer, window.options);
  const { stacks, frames, rowOf } = await namer.name(new Set(rawStack));
  const notes = [...stream.unwinding.notes(), ...symbolizer.notes()];
  const buildIds = symbolizer.buildIds();
  // A perf map may be of 32 MiB, and what is noted about a process is of no concern to the next window.
  for (const pid of pids) symbolizer.forgetProcess(pid);

  const periodNs = Math.round(1e9 / stream.frequencyHz);
  const samples = {
    atMs: new Float64Array(order.length),
    cpu: new Int32Array(order.length),
    thread: new Int32Array(order.length),
    stack: new Int32Array(order.length),
    weight: new Float64Array(order.length).fill(periodNs),
  };
  for (let row = 0; row < order.length; row++) {
    const i = order[row];
    samples.atMs[row] = (timeNs[i] - window.startNs) / 1e6;
    samples.cpu[row] = cpu[i];
    samples.thread[row] = threadRows.get(rawThread[i]) as number;
    samples.stack[row] = rowOf.get(rawStack[i]) as number;
  }
  const { ends, stops, reasons } = shortcomings(samples.stack, { stacks, frames });

  const accounting = account(counters, order.length);
  const durationMs = (window.endNs - window.startNs) / 1e6;
  const meta = {
    window: {
      startNs: window.startNs,
      endNs: window.endNs,
      durationMs,
      startedAt: window.startedAt.toISOString(),
    },
    event: "cpu-clock",
    period: periodNs,
    frequencyHz: {
      asked: stream.frequencyHz,
      achieved: achievedHz(accounting.ticks, cpus.online.length, durationMs),
    },
    cpus,
    accounting,
    ringBytes: window.ringBytes,
    ends,
    stops,
    reasons,
    target: target(window.options),
    host: hostFacts(),
    buildIds,
    interrupted: false,
    notes,
  };
  const tables = encodeResultTables({
    samples,
    stacks,
    frames,
    threads: {
      pid: Int32Array.from(threads, (thread) => thread.pid),
      tid: Int32Array.from(threads, (thread) => thread.tid),
      process: threads.map((thread) => thread.process),
      comm: threads.map((thread) => thread.comm),
    },
  });
  return { meta, tables };
}

/**
 * The program's counts by reason, with the samples that truly arrived.
 *
 * A tick that was counted and came to nothing would show as `dropped["not-received"]`, never as a gap in the sum.
 */
function account(counters: Counters, received: number) {
  const reasons = (prefix: string) =>
    Object.fromEntries(
      Object.entries(counters)
        .filter(([name, count]) => name.startsWith(prefix) && count > 0)
        .map(([name, count]) => [name.slice(prefix.length).replaceAll("_", "-"), count]),
    );
  const filtered = reasons(PREFIXES.filtered);
  const dropped = reasons(PREFIXES.dropped);
  const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);
  const missing = counters.ticks - sum(filtered) - sum(dropped) - received;
  if (missing !== 0) dropped["not-received"] = missing;
  return { ticks: counters.ticks, samples: received, filtered, dropped };
}

/** Ticks a second on each CPU; lower than asked where idle CPUs of a virtual machine let ticks go. */
function achievedHz(ticks: number, cpuCount: number, durationMs: number): number {
  return durationMs > 0 && cpuCount > 0 ? (ticks / cpuCount / durationMs) * 1000 : 0;
}

function target(options: ClosedWindow["window"]["options"]): Record<string, unknown> {
  const { frequencyHz: _f, unwindTableMegabytes: _t, ringBytes: _r, drainIntervalMs: _d, ...rest } = options;
  return rest;
}
