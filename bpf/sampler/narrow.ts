/** What {@link narrowed} makes. */
export type NarrowArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | Float64Array;

const INTEGERS = [
  { type: Uint8Array, least: 0, most: 2 ** 8 - 1 },
  { type: Int8Array, least: -(2 ** 7), most: 2 ** 7 - 1 },
  { type: Uint16Array, least: 0, most: 2 ** 16 - 1 },
  { type: Int16Array, least: -(2 ** 15), most: 2 ** 15 - 1 },
  { type: Int32Array, least: -(2 ** 31), most: 2 ** 31 - 1 },
  { type: Uint32Array, least: 0, most: 2 ** 32 - 1 },
];

/** The same numbers in the narrowest array that has them all; the given one where that is none. */
export function narrowed(values: Int32Array | Float64Array): NarrowArray {
  let least = 0;
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < least) least = value;
    else if (value > most) most = value;
    else if (Number.isNaN(value)) return values;
  }
  const found = INTEGERS.find((type) => least >= type.least && most <= type.most)?.type;
  if (!found || found.BYTES_PER_ELEMENT >= values.BYTES_PER_ELEMENT) return values;
  const narrow = new found(values);
  if (values instanceof Float64Array)
    for (let i = 0; i < values.length; i++) if (!Object.is(narrow[i], values[i])) return values;
  return narrow;
}

/** Nanoseconds after the sample before, which are small; of the first, after the window's start. */
export function differencesNs(atMs: Float64Array): Float64Array {
  const differences = new Float64Array(atMs.length);
  let before = 0;
  for (let i = 0; i < atMs.length; i++) {
    const ns = Math.round(atMs[i] * 1e6);
    differences[i] = ns - before;
    before = ns;
  }
  return differences;
}
