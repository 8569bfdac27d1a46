/** Numbers between 0 and 1 that are the same each time (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Text that a reader may take for a huge size, a negative one, a hole, or an own member of every object. */
const SPITEFUL = [
  "99999999999999999999",
  "-1",
  "1e308",
  "null",
  "[]",
  "{}",
  '"__proto__"',
  "NaN",
  ";",
  "\n",
  "\0",
];

/** A few things wrong with the bytes: bits, pieces lost, doubled, moved, or replaced by what a reader may trust. */
export function mutated(bytes: Uint8Array, random: () => number): Uint8Array {
  let result = Buffer.from(bytes);
  const below = (limit: number) => Math.floor(random() * limit);
  for (let changes = 1 + Math.floor(4 * random() ** 3); changes > 0 && result.length > 0; changes--) {
    const at = below(result.length);
    const length = 1 + below(Math.min(64, result.length - at));
    const [before, piece, after] = [
      result.subarray(0, at),
      result.subarray(at, at + length),
      result.subarray(at + length),
    ];
    switch (below(8)) {
      case 0:
        result[at] ^= 1 << below(8);
        break;
      case 1:
        result[at] = below(256);
        break;
      case 2:
        result = Buffer.concat([before, after]);
        break;
      case 3:
        result = Buffer.concat([before, piece, piece, after]);
        break;
      case 4: {
        const to = below(result.length);
        result = Buffer.concat([result.subarray(0, to), piece, result.subarray(to)]);
        break;
      }
      case 5:
        result = Buffer.from(before);
        break;
      case 6:
        result = Buffer.concat([before, Buffer.from(SPITEFUL[below(SPITEFUL.length)]), after]);
        break;
      default: {
        // A whole number of the text becomes another.
        const text = result.toString("latin1");
        const number = /\d+/g;
        number.lastIndex = at;
        const match = number.exec(text);
        if (!match) break;
        const other = SPITEFUL[below(SPITEFUL.length)];
        result = Buffer.from(text.slice(0, match.index) + other + text.slice(number.lastIndex), "latin1");
      }
    }
  }
  return result;
}

const VALUES = [
  -1,
  0,
  1,
  0.5,
  2 ** 31,
  1e15,
  1e300,
  null,
  "",
  "__proto__",
  "constructor",
  true,
  [],
  {},
  [[]],
  [null],
  "9".repeat(20),
];

/** JSON that is still JSON, with a few of its values replaced, taken away, doubled or exchanged. */
export function mutatedJson(bytes: Uint8Array, random: () => number): Uint8Array {
  const root = { json: JSON.parse(Buffer.from(bytes).toString()) };
  const below = (limit: number) => Math.floor(random() * limit);
  const anywhere = (): { parent: Record<string, unknown>; key: string } => {
    let parent: Record<string, unknown> = root;
    let key = "json";
    for (;;) {
      const value = parent[key];
      const keys = typeof value === "object" && value !== null ? Object.keys(value) : [];
      if (keys.length === 0 || random() < 0.1) return { parent, key };
      parent = value as Record<string, unknown>;
      key = keys[below(keys.length)];
    }
  };
  for (let changes = 1 + Math.floor(3 * random() ** 2); changes > 0; changes--) {
    const { parent, key } = anywhere();
    const other = anywhere();
    switch (below(4)) {
      case 0:
        parent[key] = structuredClone(other.parent[other.key]);
        break;
      case 1:
        if (Array.isArray(parent)) parent.splice(Number(key), 1);
        else delete parent[key];
        break;
      case 2:
        if (Array.isArray(parent)) parent.splice(Number(key), 0, structuredClone(parent[Number(key)]));
        else parent[key] = structuredClone(VALUES[below(VALUES.length)]);
        break;
      default:
        parent[key] = structuredClone(VALUES[below(VALUES.length)]);
    }
  }
  return Buffer.from(JSON.stringify(root.json ?? null));
}
