/** A number of rows drawn without putting back, the same ones for the same seed, which are those that danfojs draws. */
export function sampledRows(length: number, count: number, seed: number): Int32Array {
  const rows = new Int32Array(length);
  for (let row = 0; row < length; row++) rows[row] = row;
  const random = mulberry32(hashOf(String(seed)));
  for (let i = length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [rows[i], rows[other]] = [rows[other], rows[i]];
  }
  return rows.slice(0, count);
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash;
}

/** Random numbers from 0 to below 1, the same ones for the same seed. */
export function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
