import { type NarrowArray, narrowed } from "../../bpf/sampler/narrow.js";
import { whileUsed } from "./while-used.js";

/** Numbers that lie in the narrowest array that has them all, and are widened while they are used. */
export function packed<Numbers extends Int32Array | Float64Array>(values: Numbers): () => Numbers {
  const narrow = narrowed(values);
  return narrow === values ? always(values) : widenedFrom(narrow, values);
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
