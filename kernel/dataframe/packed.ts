import { differencesNs, type NarrowArray, narrowed } from "../../bpf/sampler/narrow.js";
import { whileUsed } from "./while-used.js";

/** Numbers that lie in the narrowest array that has them all, and are widened while they are used. */
export function packed<Numbers extends Int32Array | Float64Array>(values: Numbers): () => Numbers {
  const narrow = narrowed(values);
  return narrow === values ? always(values) : widenedFrom(narrow, values);
}

/** The same of times, which lie as the nanoseconds between them; where they are no whole nanoseconds, as they are. */
export function packedTimes(atMs: Float64Array): () => Float64Array {
  const afterNs = narrowed(differencesNs(atMs));
  if (afterNs instanceof Float64Array) return always(atMs); // no less
  const same = timesMs(new Float64Array(afterNs));
  for (let i = 0; i < same.length; i++) if (!Object.is(same[i], atMs[i])) return always(atMs);
  return timesFrom(afterNs, atMs);
}

/** Milliseconds, of the nanoseconds after the one before. */
export function timesMs(afterNs: Float64Array): Float64Array {
  const ms = new Float64Array(afterNs.length);
  let ns = 0;
  for (let i = 0; i < ms.length; i++) {
    ns += afterNs[i];
    ms[i] = ns / 1e6;
  }
  return ms;
}

function timesFrom(afterNs: NarrowArray, atMs: Float64Array): () => Float64Array {
  return whileUsed(() => timesMs(new Float64Array(afterNs)), atMs);
}

// In functions of their own: closures of one function share its variables, and would keep the wide values.
function always<T>(value: T): () => T {
  return () => value;
}

function widenedFrom<Numbers extends Int32Array | Float64Array>(
  narrow: NarrowArray,
  wide: Numbers,
): () => Numbers {
  const Wide = wide.constructor as new (narrow: NarrowArray) => Numbers;
  return whileUsed(() => new Wide(narrow), wide);
}
