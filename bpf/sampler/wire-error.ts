import type { WireError } from "./protocol.js";

/** An error as it crosses the socket: its class by name, its message, and the fields that are plain data. */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const details = Object.fromEntries(
    Object.entries(error).filter(
      ([, value]) => ["string", "number", "boolean"].includes(typeof value) || Array.isArray(value),
    ),
  );
  return { ...details, name: error.name, message: error.message };
}
