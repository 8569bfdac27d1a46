import { getHeapStatistics, setFlagsFromString } from "node:v8";

/** A larger heap takes V8 longer to go through than a cell that comes meanwhile should wait. */
const MAX_BYTES = 128 << 20;

/**
 * Has V8 collect what is garbage in this thread's heap; for a moment at which nobody waits.
 *
 * @param isCompacted also moves what lives together, which takes longer, and gives back pages that are used in part
 */
export function giveMemoryBack(isCompacted = false): void {
  if (getHeapStatistics().used_heap_size > MAX_BYTES) return;
  setFlagsFromString("--expose-gc");
  // Not imported: it would be in the compiler's snapshot.
  const { runInNewContext } = process.getBuiltinModule("node:vm");
  const collect = runInNewContext("gc") as () => void; // cells have no global of that name
  setFlagsFromString("--no-expose-gc");
  if (isCompacted) setFlagsFromString("--compact-on-every-full-gc");
  collect();
  if (isCompacted) setFlagsFromString("--no-compact-on-every-full-gc");
}
