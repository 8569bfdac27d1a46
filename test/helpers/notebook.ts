import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** Longest time of one cell, in seconds. */
const CELL_TIMEOUT_S = 120;

interface Output {
  output_type: string;
  text?: string | string[];
  data?: Record<string, string | string[]>;
}

export interface NotebookCell {
  cell_type: string;
  source: string | string[];
  execution_count: number | null;
  outputs?: Output[];
}

/**
 * Executes a notebook through nbclient with the kernel that the venv has installed.
 *
 * @throws when a cell fails, with what nbclient says
 */
export function executeNotebook(venv: string, notebook: string, output: string): void {
  const { status, stderr } = spawnSync(
    join(venv, "bin/jupyter"),
    ["execute", `--timeout=${CELL_TIMEOUT_S}`, `--output=${output}`, notebook],
    { encoding: "utf8", env: { ...process.env, PYTHONWARNINGS: "ignore" } },
  );
  if (status !== 0) throw new Error(`${notebook} failed:\n${stderr}`);
}

/** The text of a cell's outputs, as a terminal shows it. */
export function plainText({ outputs = [] }: NotebookCell): string {
  return outputs
    .map(({ text, data }) => joined(text ?? data?.["text/plain"] ?? ""))
    .join("\n")
    .trim();
}

function joined(text: string | string[]): string {
  return typeof text === "string" ? text : text.join("");
}
