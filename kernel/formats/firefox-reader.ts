import type { ProfileData } from "../dataframe/profile-data.js";
import { firefoxFrames, firefoxStacks } from "./firefox-tables.js";
import type { JsonNode } from "./json-node.js";
import { treeStacks } from "./prefix-tree.js";
import { MAX_DEPTH, ProfileBuilder } from "./profile-builder.js";
import { readMeta } from "./read-meta.js";

const FORMAT = "firefox";

/**
 * Reads a processed profile of the Firefox Profiler, of any version: tables of each thread, or shared ones.
 *
 * Throws a FormatError with the path in the JSON.
 */
export function readFirefox({ file }: { file: string }, json: JsonNode): ProfileData {
  const root = json.as(FORMAT);
  const meta = root.member("meta");
  const builder = new ProfileBuilder(root.fileBytes, (limit) => root.fail(`expected ${limit}`));
  const interval = meta.member("interval");
  const intervalNs = interval.number(1) * 1e6;
  if (!(intervalNs > 0)) interval.fail(`expected milliseconds between samples, got ${interval.number()}`);
  const threads = Array.from(root.member("threads").items());
  const types = new Set<string>();
  let durationMs = 0;
  const isShared = !root.member("shared").isMissing && !root.member("shared").member("funcTable").isMissing;
  const shared = isShared ? readTables(root, root.member("shared"), builder) : undefined;
  for (const thread of threads) {
    const { frames, stacks } = shared ?? readTables(root, thread, builder);
    const framesOf = treeStacks(
      (row) => stacks.prefix[row],
      (row) => frames[stacks.frame[row]],
      MAX_DEPTH,
      () => thread.fail(`expected at most ${MAX_DEPTH} frames in a stack`),
    );
    const known = new Map<number, number>();
    const stackOf = (row: number): number => {
      const stack = known.get(row) ?? builder.stack(row < 0 ? [] : framesOf(row));
      known.set(row, stack);
      return stack;
    };
    const samples = thread.member("samples");
    const rows = samples.member("stack").rows(stacks.frame.length, { nullable: true });
    const atMs = times(samples, rows.length);
    const weights = samples.member("weight").isMissing
      ? undefined
      : sized(samples.member("weight"), rows.length);
    const type = weights ? samples.member("weightType").text("samples") : "samples";
    types.add(type);
    const cpus = samples.member("cpu").isMissing ? undefined : sized(samples.member("cpu"), rows.length);
    const row = threadRow(thread, builder);
    for (const [i, stack] of rows.entries()) {
      durationMs = Math.max(durationMs, atMs[i]);
      const weight = weights ? weights[i] : 1;
      if (weight < 0) samples.member("weight").child(weight, `[${i}]`).fail("expected a weight of 0 or more");
      if (weight === 0 || (stack < 0 && !weights && rows.length > 0 && isIdle(samples, i))) continue;
      builder.sample({
        atMs: atMs[i],
        cpu: cpus && Number.isInteger(cpus[i]) && Math.abs(cpus[i]) < 2 ** 31 ? cpus[i] : -1,
        thread: row,
        stack: stackOf(stack),
        weight: type === "tracing-ms" ? weight * 1e6 : type === "samples" ? weight * intervalNs : weight,
        count: type === "tracing-ms" ? weight * 1e3 : weight,
      });
    }
  }
  if (types.size > 1)
    root.member("threads").fail(`expected weights of one type, got ${Array.from(types).join(", ")}`);
  const [type = "samples"] = types;
  const isTime = type === "samples" || type === "tracing-ms";
  const product = meta.member("product").text("");
  return builder.build(
    readMeta({
      file,
      format: FORMAT,
      event: "time",
      unit: isTime ? "nanoseconds" : type,
      period: type === "samples" ? intervalNs : 0,
      samples: builder.samples,
      durationMs,
      startedAtMs: meta.member("startTime").number(0),
      buildIds: buildIds(root),
      notes: [
        ...(type === "tracing-ms"
          ? ["The column samples has microseconds: the file has the times of calls."]
          : []),
        ...(product !== "" && product !== "proflab" ? [`A profile of ${product}.`] : []),
      ],
    }),
  );
}

function readTables(root: JsonNode, tables: JsonNode, builder: ProfileBuilder) {
  const frames = firefoxFrames(root, tables, builder);
  return { frames, stacks: firefoxStacks(tables, frames.length) };
}

/** A sample without a stack in which the thread used no CPU. */
function isIdle(samples: JsonNode, i: number): boolean {
  const deltas = samples.member("threadCPUDelta").value;
  return Array.isArray(deltas) && deltas[i] === 0;
}

function times(samples: JsonNode, length: number): number[] {
  if (!samples.member("time").isMissing) return sized(samples.member("time"), length);
  let at = 0;
  return sized(samples.member("timeDeltas"), length).map((delta) => {
    at += delta;
    return at;
  });
}

function sized(node: JsonNode, length: number): number[] {
  const numbers = node.numbers();
  if (numbers.length !== length) node.fail(`expected ${length} numbers, one a sample, got ${numbers.length}`);
  return numbers;
}

function threadRow(thread: JsonNode, builder: ProfileBuilder): number {
  const name = thread.member("name").text("");
  return builder.thread(
    idOf(thread.member("pid").value),
    idOf(thread.member("tid").value),
    thread.member("processName").text(name),
    name,
  );
}

/** Ids are numbers, or text that may be more than a number: `1234-1`. */
function idOf(value: unknown): number {
  const id = typeof value === "string" && /^\d{1,10}$/.test(value) ? Number(value) : value;
  return typeof id === "number" && Number.isInteger(id) && id >= 0 && id < 2 ** 31 ? id : -1;
}

function buildIds(root: JsonNode): Record<string, string> {
  const found: Record<string, string> = {};
  if (root.member("libs").isMissing) return found;
  for (const lib of root.member("libs").items()) {
    const id = lib.member("codeId").text("");
    if (id !== "") found[lib.member("path").text("")] = id;
  }
  return found;
}
