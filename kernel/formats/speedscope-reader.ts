import type { ProfileData } from "../dataframe/profile-data.js";
import { parsedTitle } from "./by-thread.js";
import { codeOfModule } from "./code-kind.js";
import type { JsonNode } from "./json-node.js";
import { ProfileBuilder } from "./profile-builder.js";
import { readMeta } from "./read-meta.js";
import { closedSpans, type Span } from "./speedscope-events.js";
import { weighing } from "./weighing.js";

const FORMAT = "speedscope";

/** Reads speedscope's JSON, sampled and evented profiles. Throws a FormatError with the path in the JSON. */
export function readSpeedscope({ file }: { file: string }, json: JsonNode): ProfileData {
  const root = json.as(FORMAT);
  const builder = new ProfileBuilder(root.fileBytes, (limit) => root.fail(`expected ${limit}`));
  const frames = Array.from(root.member("shared").member("frames").items(), (node) => frameOf(node, builder));
  const profiles = Array.from(root.member("profiles").items());
  const unit = profiles.length > 0 ? profiles[0].member("unit").text("none") : "nanoseconds";
  const notes: string[] = [];
  let durationMs = 0;
  const read = profiles.map((profile) => {
    if (profile.member("unit").text("none") !== unit)
      profile.member("unit").fail(`expected the unit ${unit} of the first profile`);
    const isEvented = profile.member("type").text() === "evented";
    const spans = isEvented ? closedSpans(profile, frames, builder) : sampledSpans(profile, frames, builder);
    return { profile, spans, isEvented };
  });
  const isEvented = read.some((profile) => profile.isEvented);
  const weights = read.flatMap(({ spans }) => spans.map(({ weight }) => weight));
  const weigh = weighing(unit, isEvented ? undefined : weights);
  if (weigh.note) notes.push(weigh.note);
  for (const { profile, spans } of read) {
    const { comm, pid, tid } = parsedTitle(profile.member("name").text(""));
    const start = profile.member("startValue").number(0);
    const thread = builder.thread(pid, tid, comm, comm);
    for (const { at, weight, stack } of spans) {
      const { count, weight: scaled } = weigh.of(weight);
      const atMs = weigh.isTime ? weigh.of(at - start).weight / 1e6 : Number.NaN;
      if (weight > 0) builder.sample({ atMs, thread, stack, weight: scaled, count });
      durationMs = Math.max(durationMs, weigh.isTime ? atMs + scaled / 1e6 : 0);
    }
  }
  const name = root.member("name").text("");
  const exporter = root.member("exporter").text("");
  if (exporter !== "" && exporter !== "proflab")
    notes.push(`Written by ${exporter}${name ? ` as ${name}` : ""}.`);
  const { samples } = builder;
  const { period, unit: weightUnit } = weigh;
  const facts = { event: weigh.isTime ? "time" : unit, unit: weightUnit, period, samples, durationMs, notes };
  return builder.build(readMeta({ file, format: FORMAT, ...facts }));
}

function frameOf(node: JsonNode, builder: ProfileBuilder): number {
  const file = node.member("file").text("");
  const line = node.member("line").number(0);
  const column = node.member("col").number(0);
  const { module, kind } = codeOfModule(line > 0 ? "" : file);
  return builder.frame({
    name: node.member("name").text(),
    module,
    kind,
    file: line > 0 && file !== "" ? file : null,
    line: line > 0 ? line : null,
    column: line > 0 && column > 0 ? column : null,
  });
}

function sampledSpans(profile: JsonNode, frames: readonly number[], builder: ProfileBuilder): Span[] {
  const samples = Array.from(profile.member("samples").items(), (node) => node.rows(frames.length));
  const weights = profile.member("weights").numbers();
  if (weights.length !== samples.length)
    profile.member("weights").fail(`expected ${samples.length} weights, one a sample, got ${weights.length}`);
  let at = profile.member("startValue").number(0);
  return samples.map((rows, i) => {
    if (weights[i] < 0)
      profile.member("weights").child(weights[i], `[${i}]`).fail("expected a weight of 0 or more");
    const span = { at, weight: weights[i], stack: builder.stack(rows.map((row) => frames[row])) };
    at += weights[i];
    return span;
  });
}
