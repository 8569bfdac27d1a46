import type { Cell, Text } from "./notebook-file.js";
import { joined } from "./notebook-file.js";

/** A cell's outputs as a terminal shows them; errors are left out, which are printed at the end. */
export function plainText({ outputs = [] }: Cell): string {
  return outputs
    .map(({ text, data }) => joined(((text ?? (data as Record<string, Text>)?.["text/plain"]) as Text) ?? ""))
    .filter((text) => text !== "")
    .map((text) => (text.endsWith("\n") ? text : `${text}\n`))
    .join("");
}
