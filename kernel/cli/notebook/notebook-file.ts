import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { saved } from "../../formats/saved.js";
import { UsageError } from "../usage-error.js";

/** What nbformat 4 allows in the place of a long text. */
export type Text = string | string[];

export interface Output {
  output_type: string;
  [field: string]: unknown;
}

export interface Cell {
  cell_type: string;
  id?: string;
  source: Text;
  metadata: { tags?: string[]; [key: string]: unknown };
  execution_count?: number | null;
  outputs?: Output[];
}

/** A notebook as it stands in its file; what is not known here is kept. */
export interface Notebook {
  cells: Cell[];
  metadata: {
    kernelspec?: { name?: string; language?: string; display_name?: string };
    language_info?: { name?: string; [key: string]: unknown };
    [key: string]: unknown;
  };
  nbformat: number;
  nbformat_minor: number;
}

/**
 * Reads a notebook of nbformat 4.
 *
 * @throws {UsageError} when it cannot be read, is no notebook, or is of another format or language
 */
export function readNotebook(path: string): Notebook {
  let notebook: Notebook;
  try {
    notebook = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UsageError(`${path} cannot be read as a notebook: ${(error as Error).message}`);
  }
  if (notebook?.nbformat !== 4) {
    const remedy = "convert it with: jupyter nbconvert --to notebook --nbformat 4";
    throw new UsageError(`${path} is not a notebook of nbformat 4; ${remedy}`);
  }
  const isCell = (cell: Cell) =>
    typeof cell?.cell_type === "string" && (typeof cell.source === "string" || Array.isArray(cell.source));
  if (!Array.isArray(notebook.cells) || !notebook.cells.every(isCell))
    throw new UsageError(`${path} is damaged: its cells are not a list of cells`);
  notebook.metadata ??= {};
  for (const cell of notebook.cells) cell.metadata ??= {};
  const { kernelspec, language_info: info } = notebook.metadata;
  const language = kernelspec?.language ?? info?.name ?? "typescript";
  if (language.toLowerCase() !== "typescript")
    throw new UsageError(`${path} is a notebook in ${language}; this kernel runs TypeScript`);
  return notebook;
}

/** Writes a notebook as nbformat does; a reader never sees half of it. */
export function writeNotebook(path: string, notebook: Notebook): void {
  saved(notebookText(notebook), path);
}

/** A notebook's file: long texts as lists of lines, so that version control shows what changed. */
export function notebookText(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    source: lines(cell.source),
    ...(cell.outputs && { outputs: cell.outputs.map(outputWithLines) }),
  }));
  return `${JSON.stringify({ ...notebook, cells }, null, 1)}\n`;
}

function outputWithLines(output: Output): Output {
  if (output.output_type === "stream") return { ...output, text: lines(output.text as Text) };
  if (output.data === undefined) return output;
  const data = Object.entries(output.data as Record<string, unknown>).map(([type, value]) => [
    type,
    typeof value === "string" && !/[/+]json$/.test(type) ? lines(value) : value,
  ]);
  return { ...output, data: Object.fromEntries(data) };
}

function lines(text: Text): string[] {
  return Array.isArray(text) ? text : (text.match(/[^\n]*\n|[^\n]+$/g) ?? []);
}

/** A long text as one string. */
export function joined(text: Text): string {
  return Array.isArray(text) ? text.join("") : text;
}

/** A code cell that was not executed. Cells have ids since nbformat 4.5. */
export function codeCell({ nbformat_minor }: Notebook, source: string, tags: string[]): Cell {
  return {
    cell_type: "code",
    ...(nbformat_minor >= 5 && { id: randomBytes(4).toString("hex") }),
    source,
    metadata: { tags },
    execution_count: null,
    outputs: [],
  };
}
