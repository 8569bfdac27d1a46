import type { ProfileData } from "../dataframe/profile-data.js";
import { parsedTitle } from "./by-thread.js";
import { codeOfModule } from "./code-kind.js";
import { HITS_ARE_SAMPLES, IDLE, NO_SCRIPT, THREAD } from "./cpuprofile-writer.js";
import type { JsonNode } from "./json-node.js";
import { treeStacks } from "./prefix-tree.js";
import { MAX_DEPTH, type NewFrame, ProfileBuilder } from "./profile-builder.js";
import { readMeta } from "./read-meta.js";

const FORMAT = "cpuprofile";

interface TreeNode {
  node: JsonNode;
  /** Row of the parent, -1 for the root. */
  parent: number;
  hits: number;
  /** What is known of the node beside that it is a frame. */
  is?: "root" | "idle" | "thread";
  name: string;
  frame: number;
}

/** Reads a .cpuprofile of V8: of Chrome, or of `node --cpu-prof`. Throws a FormatError with the path in the JSON. */
export function readCpuprofile({ file }: { file: string }, json: JsonNode): ProfileData {
  const root = json.as(FORMAT);
  const builder = new ProfileBuilder(root.fileBytes, (limit) => root.fail(`expected ${limit}`));
  const { nodes, rowOf } = readTree(root, builder);
  const framesOf = treeStacks(
    (row) => nodes[row].parent,
    (row) => (nodes[row].is === undefined ? nodes[row].frame : undefined),
    MAX_DEPTH,
    (row) => nodes[row].node.fail(`expected at most ${MAX_DEPTH} nodes above this one`),
  );
  const stackOf = memo((row) => builder.stack(framesOf(row)));
  const threadOf = memo((row) => {
    let top = row; // in a tree that framesOf has walked, and found no circle in
    while (nodes[top].parent >= 0 && nodes[nodes[top].parent].parent >= 0) top = nodes[top].parent;
    return nodes[top].is === "thread" ? top : -1;
  });

  const startUs = root.member("startTime").number(0);
  const spans = root.member("samples").isMissing ? hitSpans(nodes) : sampleSpans(root, rowOf);
  const busy = spans.filter(({ row }) => nodes[row].is !== "idle");
  for (const { row } of busy) stackOf(row);
  const lastUs = spans.length > 0 ? spans[spans.length - 1].atUs : 0;
  const endUs = Math.max(root.member("endTime").number(startUs) - startUs, lastUs);
  const threads = Array.from(new Set(busy.map(({ row }) => threadOf(row))));
  const orderOf = new Map(threads.map((thread, i) => [thread, i]));
  const hitsInAll = Math.max(1, totalHits(spans));
  const windowUs = endUs / Math.max(1, threads.length);
  const lengths = spans.map(({ atUs }, i) => (spans[i + 1]?.atUs ?? endUs) - atUs);
  const perNode = new Map<number, number>();
  for (const { row } of busy) perNode.set(row, (perNode.get(row) ?? 0) + 1);
  const hitsAreSamples = root.member(HITS_ARE_SAMPLES).value === true;
  const countOf = (row: number) =>
    hitsAreSamples ? Math.max(1, nodes[row].hits / (perNode.get(row) ?? 1)) : 1;
  let weightNs = 0;
  for (const [i, { row, atUs, hits }] of spans.entries()) {
    if (nodes[row].is === "idle") continue;
    const thread = threadOf(row);
    const { comm, pid, tid } = parsedTitle(thread < 0 ? "" : nodes[thread].name);
    const weight = hits === undefined ? lengths[i] * 1e3 : (1e3 * hits * endUs) / hitsInAll;
    weightNs += weight;
    builder.sample({
      atMs: hits === undefined ? (atUs - (orderOf.get(thread) ?? 0) * windowUs) / 1e3 : Number.NaN,
      thread: builder.thread(pid, tid, comm, comm),
      stack: stackOf(row),
      weight,
      count: hits ?? countOf(row),
    });
  }
  const idle = spans.length - busy.length;
  return builder.build(
    readMeta({
      file,
      format: FORMAT,
      event: "wall-clock",
      period: builder.samples > 0 ? weightNs / builder.samples : 0,
      samples: builder.samples,
      startNs: startUs * 1e3,
      durationMs: windowUs / 1e3,
      notes:
        idle > 0 && threads.every((thread) => thread < 0)
          ? [`${idle} samples were idle, and are left out.`]
          : [],
    }),
  );
}

interface Span {
  row: number;
  atUs: number;
  /** Where the file has only sums. */
  hits?: number;
}

function sampleSpans(root: JsonNode, rowOf: (id: unknown, node: JsonNode) => number): Span[] {
  const ids = root.member("samples").list();
  const deltas = root.member("timeDeltas").numbers();
  if (deltas.length !== ids.length)
    root.member("timeDeltas").fail(`expected ${ids.length} times, one a sample, got ${deltas.length}`);
  let atUs = 0;
  const spans = ids.map((id, i): Span => {
    atUs += deltas[i];
    return { row: rowOf(id, root.member("samples").child(id, `[${i}]`)), atUs };
  });
  // V8 gives samples out of order at times, with negative deltas.
  return spans.sort((a, b) => a.atUs - b.atUs);
}

function hitSpans(nodes: readonly TreeNode[]): Span[] {
  return nodes.map(({ hits }, row) => ({ row, atUs: 0, hits })).filter(({ hits }) => hits > 0);
}

function totalHits(spans: readonly Span[]): number {
  return spans.reduce((sum, { hits = 0 }) => sum + hits, 0);
}

function readTree(root: JsonNode, builder: ProfileBuilder) {
  const rows = new Map<unknown, number>();
  const nodes = Array.from(root.member("nodes").items(), (node, row): TreeNode => {
    const id = node.member("id");
    if (rows.has(id.number())) id.fail(`expected an id that no other node has, got ${id.number()}`);
    rows.set(id.value, row);
    const call = node.member("callFrame");
    const name = call.member("functionName").text("");
    const script = call.member("scriptId");
    const hits = node.member("hitCount").number(0);
    if (hits < 0) node.member("hitCount").fail("expected 0 or more");
    const is = row === 0 ? "root" : name === IDLE ? "idle" : script.value === THREAD ? "thread" : undefined;
    return { node, parent: -1, hits, ...(is ? { is } : {}), name, frame: builder.frame(frameOf(call, name)) };
  });
  const rowOf = (id: unknown, at: JsonNode): number => rows.get(id) ?? at.fail("expected the id of a node");
  for (const [row, { node }] of nodes.entries()) {
    if (node.member("children").isMissing) continue;
    for (const child of node.member("children").items()) {
      const found = nodes[rowOf(child.value, child)];
      if (found.parent >= 0) child.fail("expected a node that is no other node's child");
      found.parent = row;
    }
  }
  return { nodes, rowOf };
}

function frameOf(call: JsonNode, name: string): NewFrame {
  const url = call.member("url").text("");
  const line = call.member("lineNumber").number(-1) + 1;
  const column = call.member("columnNumber").number(-1) + 1;
  const script = call.member("scriptId");
  const isScript = !script.isMissing && String(script.value) !== NO_SCRIPT;
  const hasFile = url !== "" && line > 0;
  const { module, kind } = codeOfModule(hasFile ? "" : url);
  return {
    name: name || "(anonymous)",
    module: isScript ? "[jit]" : module,
    kind: isScript ? "jit" : kind,
    file: hasFile ? url : null,
    line: hasFile ? line : null,
    column: hasFile && column > 0 ? column : null,
  };
}

function memo(make: (row: number) => number): (row: number) => number {
  const known = new Map<number, number>();
  return (row) => {
    const found = known.get(row) ?? make(row);
    known.set(row, found);
    return found;
  };
}
