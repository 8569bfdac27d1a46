import { type Column, Type } from "@uwdata/flechette";
import { timesMs } from "./packed.js";
import type { ProfileData } from "./profile-data.js";
import { whileUsed } from "./while-used.js";

interface Wide<Numbers> {
  new (length: number): Numbers;
  new (values: ArrayLike<number>): Numbers;
}

const NUMERIC: readonly number[] = [Type.Int, Type.Float, Type.RunEndEncoded];

/**
 * The columns of the samples as the sampler sends them, each widened while it is used.
 *
 * Throws an Error that names a column that has no numbers.
 */
export function packedSamples(column: (name: string) => Column<unknown>): ProfileData["samples"] {
  const later = <Numbers extends Int32Array | Float64Array>(
    name: string,
    Wide: Wide<Numbers>,
    meaning = (values: Numbers) => values,
  ) => {
    const packed = column(name);
    if (!NUMERIC.includes(packed.type.typeId))
      throw new Error(`the column "${name}" of the table "samples" is not of numbers`);
    return whileUsed(() => meaning(widened(packed, Wide)));
  };
  const atMs = later("after_ns", Float64Array, timesMs);
  const cpu = later("cpu", Int32Array);
  const thread = later("thread", Int32Array);
  const stack = later("stack", Int32Array);
  const weight = later("weight", Float64Array);
  return {
    get atMs() {
      return atMs();
    },
    get cpu() {
      return cpu();
    },
    get thread() {
      return thread();
    },
    get stack() {
      return stack();
    },
    get weight() {
      return weight();
    },
  };
}

function widened<Numbers extends Int32Array | Float64Array>(
  packed: Column<unknown>,
  Wide: Wide<Numbers>,
): Numbers {
  if (packed.type.typeId !== Type.RunEndEncoded) {
    const narrow = packed.toArray() as unknown as ArrayLike<number>;
    return narrow instanceof (Wide as unknown as typeof Array)
      ? (narrow as unknown as Numbers)
      : new Wide(narrow);
  }
  const wide = new Wide(packed.length);
  let at = 0;
  for (const { children, length } of packed.data) {
    const [ends, values] = children.map((child) => child.values as Int32Array | Float64Array);
    for (let run = 0; run < values.length; run++)
      wide.fill(values[run], at + (run === 0 ? 0 : ends[run - 1]), at + Math.min(ends[run], length));
    at += length;
  }
  return wide;
}
