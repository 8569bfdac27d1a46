import { types } from "node:util";

/** Columns of a frame that are told. */
const MAX_COLUMNS = 500;

/** Names of the columns of the DataFrames among the notebook's variables, for completion. */
export function frameColumns(scope: object): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const name of Object.keys(scope)) {
    try {
      const { value } = Object.getOwnPropertyDescriptor(scope, name)!; // no getter is asked
      if (!isDataFrame(value)) continue;
      found[name] = value.columns.slice(0, MAX_COLUMNS).map(String);
    } catch {
      // no frame after all
    }
  }
  return found;
}

/** danfojs's, the kernel's or the notebook's own: they have no class in common. */
function isDataFrame(value: unknown): value is { columns: unknown[] } {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  for (let at: object | null = Object.getPrototypeOf(value); at; at = Object.getPrototypeOf(at))
    if (at.constructor?.name === "DataFrame") return Array.isArray((value as { columns?: unknown }).columns);
  return false;
}
