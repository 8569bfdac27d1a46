import type { ProfileData } from "../dataframe/profile-data.js";
import { codeOfModule } from "./code-kind.js";
import type { FormatSource } from "./format-error.js";
import { labelReader } from "./pprof-labels.js";
import { type Id, idOf, type PprofTables, pprofTables } from "./pprof-tables.js";
import { chosenValue } from "./pprof-values.js";
import { MAX_DEPTH, ProfileBuilder, UNKNOWN_END } from "./profile-builder.js";
import { readMeta } from "./read-meta.js";
import { unpacked } from "./unpack.js";

export interface PprofReadOptions {
  /** Which of several values of a sample counts: `alloc_space`. Without it the file's own default. */
  sampleType?: string;
  /** Key of a label whose value stands in the column `comm`. */
  label?: string;
}

/** Reads a pprof profile, gzipped or not. Throws a FormatError that names the byte (of what was unpacked). */
export function readPprof(source: FormatSource, options: PprofReadOptions = {}): ProfileData {
  const tables = pprofTables(unpacked(source));
  const { reader, fail } = tables;
  const text = (row: number, at: number): string =>
    tables.strings[row] ?? fail(at, `expected one of ${tables.strings.length} strings, got ${row}`);
  const values = chosenValue(tables, text, options.sampleType);
  const builder = new ProfileBuilder(reader.bytes.length, (limit) => fail(0, `expected ${limit}`));
  const framesOf = locationFrames(tables, text, builder);
  const program = moduleOf(tables, text, tables.mappings.keys().next().value ?? 0);
  const labels = labelReader(tables, text, baseName(program), options.label);

  const addFrames = (frames: number[], more: readonly number[], at: number) => {
    if (frames.length + more.length > MAX_DEPTH) fail(at, `expected at most ${MAX_DEPTH} frames in a stack`);
    for (const frame of more) frames.push(frame);
  };

  for (const sample of tables.samples) {
    const locations: Id[] = [];
    const numbers: number[] = [];
    const found = labels.sample();
    for (const field of reader.fields(sample.start, sample.end)) {
      if (field.number === 1 && !field.isBytes) locations.push(idOf(field));
      else if (field.number === 1) for (const id of reader.ids(field)) locations.push(id);
      else if (field.number === 2) for (const value of reader.numbers(field)) numbers.push(value);
      else if (field.number === 3) found.add(field);
      if (locations.length > MAX_DEPTH) fail(sample.at, `expected at most ${MAX_DEPTH} frames in a stack`);
    }
    if (numbers.length !== tables.sampleTypes.length)
      fail(sample.at, `expected ${tables.sampleTypes.length} values in a sample, got ${numbers.length}`);
    const { count, weight } = values.of(numbers, sample.at);
    if (count === 0) continue; // a heap profile keeps what was freed
    const frames: number[] = [];
    for (let i = locations.length - 1; i >= 0; i--)
      addFrames(frames, framesOf(locations[i], sample.at), sample.at);
    const { pid, tid, process, comm, cpu, end = UNKNOWN_END, atMs } = found;
    builder.sample({
      ...(atMs === undefined ? {} : { atMs }),
      cpu,
      thread: builder.thread(pid, tid, process, comm),
      stack: builder.stack(frames, end),
      weight,
      count,
    });
  }
  const buildIds: Record<string, string> = {};
  for (const [id, { buildId }] of tables.mappings)
    if (buildId !== 0) buildIds[codeOfModule(moduleOf(tables, text, id)).module] = text(buildId, 0);
  return builder.build(
    readMeta({
      file: source.file,
      format: "pprof",
      ...values.meta,
      samples: builder.samples,
      durationMs: tables.durationNanos / 1e6,
      startedAtMs: Number(tables.timeNanos / 1_000_000n),
      buildIds,
      notes: [...values.notes, ...labels.notes()],
    }),
  );
}

type Text = (row: number, at: number) => string;

function moduleOf(tables: PprofTables, text: Text, mapping: Id): string {
  const found = tables.mappings.get(mapping);
  return found ? text(found.file, 0) : "";
}

/** The frames of a location, root first, each made once. */
function locationFrames(tables: PprofTables, text: Text, builder: ProfileBuilder) {
  const known = new Map<Id, readonly number[]>();
  const make = (id: Id, at: number): readonly number[] => {
    const location =
      tables.locations.get(id) ?? tables.fail(at, `expected a location, there is none with id ${id}`);
    const path = moduleOf(tables, text, location.mapping);
    const { module, kind } = codeOfModule(path);
    if (location.lines.length === 0) {
      const { start = 0, offset = 0 } = tables.mappings.get(location.mapping) ?? {};
      const place = location.address - BigInt(start) + BigInt(offset);
      const name = location.address === 0n || path === "" ? "[unknown]" : `${baseName(path)}+0x${hex(place)}`;
      return [builder.frame({ name, module, kind, file: null, line: null, column: null })];
    }
    return location.lines.toReversed().map((line, depth) => {
      const found =
        tables.functions.get(line.function) ??
        tables.fail(line.at, `expected a function, there is none with id ${line.function}`);
      const startsAt = found.startLine || line.line;
      return builder.frame({
        name: text(found.name, line.at) || "[unknown]",
        module,
        kind: depth > 0 ? "inlined" : kind,
        file: text(found.file, line.at) || null,
        line: startsAt > 0 ? startsAt : null,
        column: null,
      });
    });
  };
  return (id: Id, at: number): readonly number[] => {
    let frames = known.get(id);
    if (frames === undefined) {
      frames = make(id, at);
      known.set(id, frames);
    }
    return frames;
  };
}

function hex(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
