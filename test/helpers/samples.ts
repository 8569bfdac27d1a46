import type { FrameKind, ProfileData, ProfileMeta } from "../../kernel/dataframe/profile-data.js";
import type { ProfileFrame } from "../../kernel/dataframe/profile-frame.js";
import type { FlameNode } from "../../kernel/plot/flame-tree.js";

/**
 * A profile drawn as text: columns are samples, rows are depth, the root on top.
 *
 *     comm:worker[tid:7][pid:5]  comm:main
 *     main                       main
 *     parse[mod:app]             read[kind:kernel]
 *
 * Columns are separated by two spaces or more. A line that begins with `comm:` names the thread of each column, with
 * `[pid:…]`, `[tid:…]`, `[process:…]`, `[cpu:…]`, `[weight:…]` and `[end:…]` about the sample. Frames take `[mod:…]`,
 * `[kind:…]`, `[file:…]`, `[line:…]` and `[column:…]`. One sample a millisecond, each of a millisecond.
 */
export function samples(text: string, meta: Partial<ProfileMeta> = {}): ProfileData {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const cells = lines.map((line) => line.trim().split(/ {2,}/).map(parseCell));
  const header = cells[0]?.[0]?.name.startsWith("comm:") ? cells.shift()! : [];
  const count = Math.max(0, ...cells.map((row) => row.length));

  const frames = new Table<Cell>(
    ({ name, attributes: { mod = "", kind = "", file = "", line = "", column = "" } }) =>
      [name, mod, kind, file, line, column].join("\0"),
  );
  const stacks = new Table<{ frames: number[]; end: string }>((stack) => JSON.stringify(stack));
  const threads = new Table<Thread>((thread) => JSON.stringify(thread));
  const columns = Array.from({ length: count }, (_, i) => {
    const thread = header[i] ?? header.at(-1) ?? { name: "comm:main", attributes: {} };
    const comm = thread.name.slice("comm:".length);
    const {
      pid = "1",
      tid = pid,
      process = comm,
      cpu = "0",
      weight = "1000000",
      end = "complete",
    } = thread.attributes;
    const stack = cells.map((row) => row[i]).filter((cell) => cell && cell.name !== "-");
    return {
      cpu: Number(cpu),
      weight: Number(weight),
      thread: threads.row({ pid: Number(pid), tid: Number(tid), process, comm }),
      stack: stacks.row({ frames: stack.map((cell) => frames.row(cell)), end }),
    };
  });

  const offsets = Int32Array.from({ length: stacks.rows.length + 1 }, () => 0);
  for (const [i, stack] of stacks.rows.entries()) offsets[i + 1] = offsets[i] + stack.frames.length;
  return {
    samples: {
      atMs: Float64Array.from(columns, (_, i) => i),
      cpu: Int32Array.from(columns, ({ cpu }) => cpu),
      thread: Int32Array.from(columns, ({ thread }) => thread),
      stack: Int32Array.from(columns, ({ stack }) => stack),
      weight: Float64Array.from(columns, ({ weight }) => weight),
    },
    stacks: {
      id: BigInt64Array.from(stacks.rows, (_, i) => 1000n + BigInt(i)),
      offsets,
      frames: Int32Array.from(stacks.rows.flatMap((stack) => stack.frames)),
      end: stacks.rows.map(({ end }) => end),
    },
    frames: {
      id: BigInt64Array.from(frames.rows, (_, i) => 2000n + BigInt(i)),
      name: frames.rows.map(({ name }) => name),
      module: frames.rows.map(
        ({ attributes }) => attributes.mod ?? (attributes.kind === "kernel" ? "[kernel]" : "app"),
      ),
      kind: frames.rows.map(({ attributes }) => (attributes.kind ?? "user") as FrameKind),
      file: frames.rows.map(({ attributes }) => attributes.file ?? null),
      line: frames.rows.map(({ attributes }) => (attributes.line ? Number(attributes.line) : null)),
      column: frames.rows.map(({ attributes }) => (attributes.column ? Number(attributes.column) : null)),
    },
    threads: {
      pid: Int32Array.from(threads.rows, ({ pid }) => pid),
      tid: Int32Array.from(threads.rows, ({ tid }) => tid),
      process: threads.rows.map(({ process }) => process),
      comm: threads.rows.map(({ comm }) => comm),
    },
    meta: { ...exampleMeta(count), ...meta },
  };
}

/** Facts of a window of one second in which every tick was a sample. */
export function exampleMeta(count: number): ProfileMeta {
  return {
    window: { startNs: 0, endNs: 1e9, durationMs: 1000, startedAt: "2026-01-01T00:00:00.000Z" },
    event: "cpu-clock",
    period: 1e6,
    frequencyHz: { asked: 1000, achieved: 1000 },
    cpus: { online: [0, 1], skipped: [] },
    accounting: { ticks: count, samples: count, filtered: {}, dropped: {} },
    ringBytes: 80 * count,
    ends: count > 0 ? { complete: count } : {},
    stops: {},
    reasons: {},
    target: {},
    host: {
      kernel: "6.1.0",
      machine: "x86_64",
      cpuModel: "a CPU",
      cpuCount: 2,
      libbpf: "1.1.0",
      sampler: "0.1.0",
    },
    interrupted: false,
    notes: [],
  };
}

/** The call tree of a frame, indented, with samples: what a test compares with. */
export function tree(frame: ProfileFrame): string {
  const lines: string[] = [];
  const pending: { node: FlameNode; depth: number }[] = [{ node: frame.flamegraph().root, depth: -1 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { node, depth } = next;
    if (depth >= 0) lines.push(`${"  ".repeat(depth)}${node.name} ${node.value}`);
    for (const child of node.children.toReversed()) pending.push({ node: child, depth: depth + 1 });
  }
  return lines.join("\n");
}

interface Cell {
  name: string;
  attributes: Record<string, string>;
}

interface Thread {
  pid: number;
  tid: number;
  process: string;
  comm: string;
}

/** Distinct rows in the order in which they come. */
class Table<Row> {
  readonly rows: Row[] = [];
  private readonly known = new Map<string, number>();

  constructor(private readonly keyOf: (row: Row) => string) {}

  row(row: Row): number {
    const key = this.keyOf(row);
    let position = this.known.get(key);
    if (position === undefined) {
      position = this.rows.push(row) - 1;
      this.known.set(key, position);
    }
    return position;
  }
}

/** `name[key:value][key:value]`. Other brackets are part of the name, as in `operator[]`. */
function parseCell(text: string): Cell {
  const attributes: Record<string, string> = {};
  const name = text.replace(
    / ?\[(mod|kind|file|line|column|pid|tid|process|cpu|weight|end):((?:\[[^\]]*\]|[^\]])*)\]/g,
    (_, key, value) => {
      attributes[key] = value;
      return "";
    },
  );
  return { name, attributes };
}
