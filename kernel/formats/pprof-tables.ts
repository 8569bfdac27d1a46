import type { FormatSource } from "./format-error.js";
import { FormatError } from "./format-error.js";
import { type Field, ProtobufReader } from "./protobuf-reader.js";

/** An id that a stranger chose; those above 2^53 do not fit in a number. */
export type Id = number | bigint;

export interface PprofFunction {
  name: number;
  file: number;
  startLine: number;
}

export interface PprofMapping {
  start: number;
  offset: number;
  file: number;
  buildId: number;
}

export interface PprofLocation {
  mapping: Id;
  address: bigint;
  /** Innermost first: all but the last are inlined. */
  lines: { function: Id; line: number; at: number }[];
  /** Offset of the message. */
  at: number;
}

/** The tables of a pprof profile, whose messages may come in any order. */
export interface PprofTables {
  reader: ProtobufReader;
  strings: string[];
  sampleTypes: { type: number; unit: number; at: number }[];
  samples: Field[];
  /** The first is the program itself, by pprof's rule. */
  mappings: Map<Id, PprofMapping>;
  locations: Map<Id, PprofLocation>;
  functions: Map<Id, PprofFunction>;
  periodType?: { type: number; unit: number; at: number };
  period: number;
  timeNanos: bigint;
  durationNanos: number;
  defaultSampleType: number;
  comments: number[];
  fail(at: number, problem: string): never;
}

/** Reads all but the samples, of which it keeps where they are. */
export function pprofTables({ file, bytes }: FormatSource): PprofTables {
  const fail = (at: number, problem: string): never => {
    throw new FormatError(file, "pprof", `byte ${at}`, problem);
  };
  const reader = new ProtobufReader(bytes, fail);
  const tables: PprofTables = {
    reader,
    strings: [],
    sampleTypes: [],
    samples: [],
    mappings: new Map(),
    locations: new Map(),
    functions: new Map(),
    period: 0,
    timeNanos: 0n,
    durationNanos: 0,
    defaultSampleType: 0,
    comments: [],
    fail,
  };
  const inside = (field: Field): Generator<Field> => {
    if (!field.isBytes) fail(field.at, `expected a message in field ${field.number}`);
    return reader.fields(field.start, field.end);
  };
  for (const field of reader.fields()) {
    switch (field.number) {
      case 1:
        tables.sampleTypes.push(valueType(inside(field), field.at));
        break;
      case 2:
        inside(field);
        tables.samples.push(field);
        break;
      case 3: {
        const { id, ...mapping } = mappingOf(inside(field));
        tables.mappings.set(id, mapping);
        break;
      }
      case 4: {
        const { id, ...location } = locationOf(inside(field), inside, field.at);
        tables.locations.set(id, location);
        break;
      }
      case 5: {
        const { id, ...found } = functionOf(inside(field));
        tables.functions.set(id, found);
        break;
      }
      case 6:
        if (!field.isBytes) fail(field.at, "expected a string");
        tables.strings.push(reader.text(field));
        break;
      case 9:
        tables.timeNanos = field.bigint();
        break;
      case 10:
        tables.durationNanos = field.value;
        break;
      case 11:
        tables.periodType = valueType(inside(field), field.at);
        break;
      case 12:
        tables.period = field.value;
        break;
      case 13:
        for (const comment of reader.numbers(field)) tables.comments.push(comment);
        break;
      case 14:
        tables.defaultSampleType = field.value;
        break;
    }
  }
  return tables;
}

/** An id that is exact. */
export function idOf(field: Field): Id {
  return Number.isSafeInteger(field.value) ? field.value : field.bigint();
}

function valueType(fields: Iterable<Field>, at: number) {
  const found = { type: 0, unit: 0, at };
  for (const field of fields) {
    if (field.number === 1) found.type = field.value;
    else if (field.number === 2) found.unit = field.value;
  }
  return found;
}

function mappingOf(fields: Iterable<Field>) {
  const found: PprofMapping & { id: Id } = { id: 0, start: 0, offset: 0, file: 0, buildId: 0 };
  for (const field of fields) {
    if (field.number === 1) found.id = idOf(field);
    else if (field.number === 2) found.start = field.value;
    else if (field.number === 4) found.offset = field.value;
    else if (field.number === 5) found.file = field.value;
    else if (field.number === 6) found.buildId = field.value;
  }
  return found;
}

function locationOf(fields: Iterable<Field>, inside: (field: Field) => Iterable<Field>, at: number) {
  const found: PprofLocation & { id: Id } = { id: 0, mapping: 0, address: 0n, lines: [], at };
  for (const field of fields) {
    if (field.number === 1) found.id = idOf(field);
    else if (field.number === 2) found.mapping = idOf(field);
    else if (field.number === 3) found.address = BigInt.asUintN(64, field.bigint());
    else if (field.number === 4) {
      const line = { function: 0 as Id, line: 0, at: field.at };
      for (const part of inside(field)) {
        if (part.number === 1) line.function = idOf(part);
        else if (part.number === 2) line.line = part.value;
      }
      found.lines.push(line);
    }
  }
  return found;
}

function functionOf(fields: Iterable<Field>) {
  const found: PprofFunction & { id: Id } = { id: 0, name: 0, file: 0, startLine: 0 };
  for (const field of fields) {
    if (field.number === 1) found.id = idOf(field);
    else if (field.number === 2) found.name = field.value;
    else if (field.number === 4) found.file = field.value;
    else if (field.number === 5) found.startLine = field.value;
  }
  return found;
}
