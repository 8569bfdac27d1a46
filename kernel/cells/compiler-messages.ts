/** What may be asked of the compiler's process. */
export type CompilerMethod =
  | "compile"
  | "commit"
  | "restore"
  | "complete"
  | "inspect"
  | "isComplete"
  | "rest";

/** A question to the compiler's process; the answer carries the same `id`. */
export interface CompilerRequest {
  id: number;
  method: CompilerMethod;
  arguments: unknown[];
}

export type CompilerResponse = { id: number; value?: unknown } | { id: number; error: string };
