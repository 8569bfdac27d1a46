import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { dataDirectory } from "./data-directory.js";

const SYSTEM = ["/usr/local/share/jupyter", "/usr/share/jupyter"];
const VERSION_TIMEOUT_MS = 30_000;

/** The program `jupyter-lab` of the active virtual environment, or of PATH. */
export function jupyterLab(): string | undefined {
  const environments = [process.env.VIRTUAL_ENV, process.env.CONDA_PREFIX].filter(
    (folder) => folder !== undefined,
  );
  const folders = [
    ...environments.map((folder) => join(folder, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  return folders.map((folder) => join(folder, "jupyter-lab")).find(isExecutable);
}

/** What the program says when it is asked for its version. */
export function jupyterLabVersion(program: string): string {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8", timeout: VERSION_TIMEOUT_MS });
  return stdout?.trim() || "of an unknown version";
}

/** Folders in which Jupyter looks for kernels and extensions, in its order. */
export function dataPath(): string[] {
  const own = dataDirectory({});
  const lab = jupyterLab();
  const environments = [
    process.env.VIRTUAL_ENV ?? process.env.CONDA_PREFIX,
    lab === undefined ? undefined : dirname(dirname(lab)),
  ]
    .filter((folder) => folder !== undefined)
    .map((folder) => join(folder, "share/jupyter"));
  const further = (process.env.JUPYTER_PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return [...new Set([...further, own, ...environments, ...SYSTEM])];
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
