/** A long cell is whole, and does not widen the others of its column beyond this. */
const WIDEST = 60;

/** Columns of text side by side. Cells are one line each. */
export function textTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  numeric: readonly boolean[],
): string {
  const lines = [header, ...rows];
  const widths = header.map((_, i) => Math.min(WIDEST, Math.max(...lines.map((line) => line[i].length))));
  const last = header.length - 1;
  return lines
    .map((line) =>
      line
        .map((cell, i) =>
          numeric[i] ? cell.padStart(widths[i]) : i === last ? cell : cell.padEnd(widths[i]),
        )
        .join("  "),
    )
    .join("\n");
}
