import { gzipSync } from "node:zlib";
import type { ProfileData } from "../dataframe/profile-data.js";
import { ProtobufWriter } from "./protobuf-writer.js";
import { stackSums } from "./stack-sums.js";

/** Field numbers of perftools.profiles.Profile (google/pprof, proto/profile.proto). */
const PROFILE = {
  sampleType: 1,
  sample: 2,
  mapping: 3,
  location: 4,
  function: 5,
  strings: 6,
  timeNanos: 9,
  durationNanos: 10,
  periodType: 11,
  period: 12,
  comment: 13,
} as const;

/** pprof's protobuf, gzipped: one sample a thread and stack, with the labels pid, tid, process and comm. */
export function writePprof(data: ProfileData): Uint8Array {
  const { frames, meta, stacks } = data;
  const strings = new Strings();
  const profile = new ProtobufWriter();
  const unit = meta.unit ?? "nanoseconds";
  const cpu = valueType(strings, unit === "nanoseconds" ? clockName(meta.event) : meta.event, unit);
  profile.message(PROFILE.sampleType, valueType(strings, "samples", "count"));
  profile.message(PROFILE.sampleType, cpu);

  const mappings = new Map<string, number>();
  const program = programOf(data);
  if (program !== undefined) mappings.set(program, 1); // pprof calls the first what was profiled
  const locations = new Map<string, number>();
  const locationMessages: ProtobufWriter[] = [];
  const mappingOf = (module: string): number => {
    const id = mappings.get(module) ?? mappings.size + 1;
    mappings.set(module, id);
    return id;
  };
  /** One location a frame of the machine: the frames that are inlined into it are lines of it, innermost first. */
  const locationsOf = (stack: number): number[] => {
    const rows = stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]);
    const ids: number[] = [];
    for (let end = rows.length; end > 0; ) {
      let start = end - 1;
      while (start > 0 && frames.kind[rows[start]] === "inlined") start--;
      const lines = Array.from(rows.subarray(start, end)).reverse();
      const key = lines.join(",");
      let id = locations.get(key);
      if (id === undefined) {
        id = locations.size + 1;
        locations.set(key, id);
        const location = new ProtobufWriter().number(1, id).number(2, mappingOf(frames.module[rows[start]]));
        for (const row of lines)
          location.message(4, new ProtobufWriter().number(1, row + 1).number(2, frames.line[row] ?? 0));
        locationMessages.push(location);
      }
      ids.push(id);
      end = start;
    }
    return ids;
  };

  for (const { thread, stack, count, weight } of stackSums(data)) {
    const sample = new ProtobufWriter()
      .numbers(1, locationsOf(stack))
      .numbers(2, [count, Math.round(weight)]);
    for (const label of labels(data, thread, stack, strings)) sample.message(3, label);
    profile.message(PROFILE.sample, sample);
  }
  for (const [module, id] of mappings) {
    const mapping = new ProtobufWriter().number(1, id).number(5, strings.at(module));
    mapping.number(6, strings.at(meta.buildIds?.[module] ?? ""));
    // Functions, files, lines and inlined frames are all that is known: pprof needs not look for the file.
    for (const has of [7, 8, 9, 10]) mapping.number(has, 1);
    profile.message(PROFILE.mapping, mapping);
  }
  for (const location of locationMessages) profile.message(PROFILE.location, location);
  for (let row = 0; row < frames.name.length; row++) {
    // Without a system name: were it the same, pprof would take parameters and templates off the name.
    const message = new ProtobufWriter().number(1, row + 1).number(2, strings.at(frames.name[row]));
    message.number(4, strings.at(frames.file[row] ?? "")).number(5, frames.line[row] ?? 0);
    profile.message(PROFILE.function, message);
  }
  profile.number(PROFILE.timeNanos, Math.round(Date.parse(meta.window.startedAt) * 1e6));
  profile.number(PROFILE.durationNanos, Math.round(meta.window.durationMs * 1e6));
  profile.message(PROFILE.periodType, cpu).number(PROFILE.period, Math.round(meta.period));
  profile.number(PROFILE.comment, strings.at(`accounting: ${JSON.stringify(meta.accounting)}`));
  for (const text of strings.all()) profile.text(PROFILE.strings, text);
  return gzipSync(profile.finish());
}

/** The file with the root of the most samples. */
function programOf({ frames, samples, stacks }: ProfileData): string | undefined {
  const counts = new Map<string, number>();
  for (const stack of samples.stack) {
    const [start, end] = [stacks.offsets[stack], stacks.offsets[stack + 1]];
    if (start === end || frames.kind[stacks.frames[start]] !== "user") continue;
    const module = frames.module[stacks.frames[start]];
    counts.set(module, (counts.get(module) ?? 0) + 1);
  }
  return Array.from(counts).sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** The name by which pprof's users know the time on a CPU. */
function clockName(event: string): string {
  return event === "cpu-clock" || event === "task-clock" ? "cpu" : event;
}

function valueType(strings: Strings, type: string, unit: string): ProtobufWriter {
  return new ProtobufWriter().number(1, strings.at(type)).number(2, strings.at(unit));
}

function labels(data: ProfileData, thread: number, stack: number, strings: Strings): ProtobufWriter[] {
  const { pid, tid, process, comm } = data.threads;
  const text = (key: string, value: string) =>
    new ProtobufWriter().number(1, strings.at(key)).number(2, strings.at(value));
  const number = (key: string, value: number) =>
    new ProtobufWriter().number(1, strings.at(key)).number(3, value);
  const found = [text("process", process[thread]), text("comm", comm[thread])];
  if (pid[thread] >= 0) found.push(number("pid", pid[thread]));
  if (tid[thread] >= 0) found.push(number("tid", tid[thread]));
  return [...found, text("end", data.stacks.end[stack])];
}

/** pprof's table of strings; the first is empty. */
class Strings {
  readonly #rows = new Map([["", 0]]);

  at(text: string): number {
    const row = this.#rows.get(text) ?? this.#rows.size;
    this.#rows.set(text, row);
    return row;
  }

  all(): Iterable<string> {
    return this.#rows.keys();
  }
}
