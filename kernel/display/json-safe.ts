/** Deeper than this a value is cut: Jupyter's server recurses through what it saves. */
const MAX_DEPTH = 100;

/**
 * A copy of a value with nothing in it that JSON cannot say.
 *
 * NaN and the infinities become null, a large bigint its digits, typed arrays lists, a value inside itself `"[Circular]"`; functions
 * and what throws when it is read are left out. Never throws.
 */
export function jsonSafe(value: unknown): unknown {
  return copy(value, []);
}

function copy(value: unknown, above: readonly object[]): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "object":
      return value === null ? null : copyObject(value, above);
    default:
      return undefined;
  }
}

function copyObject(value: object, above: readonly object[]): unknown {
  if (above.includes(value)) return "[Circular]";
  if (above.length === MAX_DEPTH) return "[…]";
  const within = [...above, value];
  try {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function" && !(value instanceof Uint8Array)) {
      return copy(toJSON.call(value), within);
    }
    if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
      return Array.from(value as unknown as ArrayLike<number | bigint>, (item) => copy(item, within));
    }
    if (Array.isArray(value)) return Array.from(value, (item) => copy(item, within) ?? null);
    return copyProperties(value, within);
  } catch {
    return null;
  }
}

function copyProperties(value: object, within: readonly object[]): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    let item: unknown;
    try {
      item = copy((value as Record<string, unknown>)[key], within);
    } catch {
      continue; // a getter that throws
    }
    if (item === undefined) continue;
    // Assigned, "__proto__" would be no property.
    Object.defineProperty(result, key, { value: item, enumerable: true, configurable: true, writable: true });
  }
  return result;
}
