/** What each item of a list or each member of a record is like; `undefined` is anything. */
class Each {
  constructor(
    readonly container: "list" | "object",
    readonly example: unknown,
  ) {}
}
class Optional {
  constructor(readonly example: unknown) {}
}

export function listOf(example: unknown): Each {
  return new Each("list", example);
}

export function recordOf(example: unknown): Each {
  return new Each("object", example);
}

export function optional(example: unknown): Optional {
  return new Optional(example);
}

/**
 * What is wrong with the first part of a value of JSON that is not of the type of the example's, with its path; undefined where
 * nothing is. In an example, {@link listOf}, {@link recordOf} and {@link optional} stand for values of any number.
 */
export function mismatch(value: unknown, example: unknown, path: string): string | undefined {
  if (example instanceof Optional)
    return value === undefined ? undefined : mismatch(value, example.example, path);
  if (example === undefined) return undefined;
  const expected = example instanceof Each ? example.container : kindOf(example);
  if (kindOf(value) !== expected) return `${path} is ${kindOf(value)}, expected ${expected}`;
  if (typeof example !== "object") return undefined;
  const members = value as Record<string, unknown>;
  const names = Object.keys(example instanceof Each ? members : (example as object));
  for (const name of names) {
    const part = example instanceof Each ? example.example : (example as Record<string, unknown>)[name];
    const wrong = mismatch(Object.hasOwn(members, name) ? members[name] : undefined, part, `${path}.${name}`);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  return value === null ? "null" : typeof value;
}
