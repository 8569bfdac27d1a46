import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { NotebookCell } from "../helpers/notebook.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();
const root = new URL("../../../", import.meta.url).pathname;
const venv = process.env.PROFLAB_VENV ?? join(root, ".venv");
const cli = join(root, "dist/kernel/cli/main.js");
const folder = mkdtempSync(join(tmpdir(), "proflab-runners-"));
cpSync(join(root, "notebooks"), folder, { recursive: true });
after(() => rmSync(folder, { recursive: true }));
const NOTEBOOKS = readdirSync(folder).filter((name) => name.endsWith(".ipynb"));
const TIMEOUT_MS = 180_000;

/** What executes a notebook, as a command that writes another one. */
const RUNNERS: Record<string, (notebook: string, output: string) => string[]> = {
  nbconvert: (notebook, output) => [
    ...[join(venv, "bin/jupyter"), "nbconvert", "--to", "notebook", "--execute", notebook],
    ...["--output", output],
  ],
  papermill: (notebook, output) => [join(venv, "bin/papermill"), notebook, output],
  "proflab run": (notebook, output) => [process.execPath, cli, "run", notebook, "-o", output],
};
const skip = !existsSync(join(venv, "bin/papermill")) && process.env.REQUIRE_BPF !== "1" && "no Jupyter here";

for (const name of NOTEBOOKS)
  for (const [runner, command] of Object.entries(RUNNERS))
    test(`${runner} executes ${name}`, { skip }, () => {
      const output = `${runner.replace(" ", "-")}.ipynb`;
      const [program, ...list] = command(name, output);
      const env = { ...process.env, PYTHONWARNINGS: "ignore" };
      const { status, stderr } = spawnSync(program, list, {
        ...{ cwd: folder, encoding: "utf8", env, timeout: TIMEOUT_MS },
      });
      assert.equal(status, 0, stderr);
      const { cells } = JSON.parse(readFileSync(join(folder, output), "utf8")) as { cells: NotebookCell[] };
      const code = cells.filter(({ cell_type }) => cell_type === "code");
      assert.ok(code.length > 0);
      for (const { execution_count: count, outputs, source } of code) {
        assert.ok(count, `not executed: ${source}`);
        assert.ok(!outputs?.some(({ output_type }) => output_type === "error"), `${source}`);
      }
      assert.ok(code.some(({ outputs }) => outputs?.some(({ data }) => data?.["text/html"])));
    });
