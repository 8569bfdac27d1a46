import type { PprofTables } from "./pprof-tables.js";
import { unitNs } from "./weighing.js";

/** What a sample counts, of the several values that it has. */
export interface ChosenValue {
  of(values: readonly number[], at: number): { count: number; weight: number };
  meta: { event: string; unit: string; period: number };
  notes: string[];
}

/**
 * The values that make `samples` and `weight`: of the type asked for, else of the file's default, else of its last type,
 * as pprof has it.
 *
 * Samples are counted where the file does, in a type `samples/count` beside a time; else the value itself is the count.
 */
export function chosenValue(
  tables: PprofTables,
  text: (row: number, at: number) => string,
  asked: string | undefined,
): ChosenValue {
  const types = tables.sampleTypes.map(({ type, unit, at }) => ({
    type: text(type, at),
    unit: text(unit, at),
  }));
  if (types.length === 0) tables.fail(0, "expected at least one sample type");
  const names = types.map(({ type }) => type);
  const wanted = asked ?? (tables.defaultSampleType > 0 ? text(tables.defaultSampleType, 0) : names.at(-1)!);
  const found = names.lastIndexOf(wanted);
  if (found < 0 && asked !== undefined)
    tables.fail(
      tables.sampleTypes[0].at,
      `expected sampleType to be one of ${names.join(", ")}, got ${asked}`,
    );
  const chosen = found < 0 ? names.length - 1 : found;
  const { type, unit } = types[chosen];
  const time = unitNs(unit);
  const counts = types.findIndex((other) => other.type === "samples" && other.unit === "count");
  // Of profiles without a time, such as a heap's, "samples" are another thing than the value asked for.
  const isSampled = counts >= 0 && (time !== undefined || counts === chosen);
  const period = tables.period * (periodTime(tables, text) ?? 1);

  const notes: string[] = [];
  if (!isSampled)
    notes.push(`The column samples has the values of ${type}, in ${time ? "microseconds" : unit}.`);
  const others = names.filter((name) => name !== type && name !== "samples");
  if (others.length > 0)
    notes.push(
      `These are values of ${type}; the file also has ${others.join(", ")}: choose by { sampleType }.`,
    );
  const isClock =
    counts === chosen && types.length === 1 && period > 0 && periodTime(tables, text) !== undefined;
  return {
    of(values, at) {
      if (values.some((value) => value < 0))
        tables.fail(at, "expected values of 0 or more; a difference of two profiles is no profile");
      const value = values[chosen];
      const weight = isClock ? value * period : value * (time ?? 1);
      return { count: isSampled ? values[counts] : time ? weight / 1e3 : value, weight };
    },
    meta: { event: type, unit: time || isClock ? "nanoseconds" : unit, period },
    notes,
  };
}

function periodTime(tables: PprofTables, text: (row: number, at: number) => string): number | undefined {
  if (!tables.periodType) return undefined;
  const unit = text(tables.periodType.unit, tables.periodType.at);
  return unitNs(unit);
}
