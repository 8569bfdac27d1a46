type Library = typeof import("@duckdb/node-api");

let loading: Promise<Library> | undefined;

/** The library, loaded when it is first asked for. */
export function duckdb(): Promise<Library> {
  loading ??= import("@duckdb/node-api");
  return loading;
}

export type Bindings = typeof import("@duckdb/node-bindings");

/** What the library is made over; it alone gives a vector without asking DuckDB for all names of its type. */
export async function duckdbBindings(): Promise<Bindings> {
  const { default: bindings } = (await import("@duckdb/node-bindings")) as unknown as { default: Bindings };
  return bindings;
}
