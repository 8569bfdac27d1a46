import { cpSync, mkdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { openNotebook, startLab } from "./helpers/jupyterlab.js";
import { executeNotebook, plainText } from "./helpers/notebook.js";

/** Executes the first notebook, prints its table of hottest stacks, and takes its picture in JupyterLab. */
const root = new URL("../../", import.meta.url).pathname;
const folder = join(root, "build/demo");
const venv = process.env.PROFLAB_VENV ?? join(root, ".venv");

mkdirSync(folder, { recursive: true });
cpSync(join(root, "notebooks/workloads"), join(folder, "workloads"), { recursive: true });
const executed = join(folder, "01-first-profile.ipynb");
executeNotebook(venv, join(root, "notebooks/01-first-profile.ipynb"), executed);

const { cells } = JSON.parse(readFileSync(executed, "utf8"));
const table = cells.find(({ source }: { source: string[] }) =>
  source.join("").includes("await profile({ pid"),
);
process.stdout.write(`${plainText(table)}\n\n`);

const lab = await startLab({ root: folder, venv });
try {
  const notebook = await openNotebook(lab, "01-first-profile.ipynb", { width: 1300 });
  const picture = join(folder, "01-first-profile.png");
  await notebook.screenshot(picture, { fullNotebook: true });
  await notebook.close();
  process.stdout.write(`executed notebook: ${relative(process.cwd(), executed)}\n`);
  process.stdout.write(`picture:           ${relative(process.cwd(), picture)}\n`);
} finally {
  await lab.close();
}
