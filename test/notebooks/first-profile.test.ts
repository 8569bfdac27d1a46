import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openNotebook, startLab } from "../helpers/jupyterlab.js";
import { executeNotebook, type NotebookCell, plainText } from "../helpers/notebook.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();
const root = new URL("../../../", import.meta.url).pathname;
const venv = process.env.PROFLAB_VENV ?? join(root, ".venv");
const NAME = "01-first-profile.ipynb";

/** A copy of the notebooks, so that what a run writes is not in the repository. */
function copyOfNotebooks(): string {
  const folder = mkdtempSync(join(tmpdir(), "proflab-notebooks-"));
  cpSync(join(root, "notebooks"), folder, { recursive: true });
  return folder;
}

test("nbclient executes it: the shares are right and the account adds up", () => {
  const folder = copyOfNotebooks();
  const output = join(folder, "executed.ipynb");
  executeNotebook(venv, join(folder, NAME), output);
  const cells = (JSON.parse(readFileSync(output, "utf8")).cells as NotebookCell[]).filter(
    ({ cell_type }) => cell_type === "code",
  );
  assert.deepEqual(
    cells.map((cell) => cell.execution_count),
    cells.map((_, i) => i + 1),
  );
  const said = (start: string) => {
    const found = cells.find(({ source }) => [source].flat().join("").includes(start));
    assert.ok(found, start);
    return plainText(found);
  };
  assert.match(said("await profile({ pid"), /heavy_work[\s\S]*samples of [\d,]+ ticks at 997 Hz/);
  const heavy = /heavy: ([\d.]+) % ± ([\d.]+) %/.exec(said("const heavy"));
  assert.ok(heavy);
  assert.ok(Math.abs(Number(heavy[1]) - 62.5) < 4 * Number(heavy[2]) + 0.1, heavy[0]);
  assert.match(said("df.distribution"), /heavy \(\d+\).*\n.*medium \(\d+\).*\n.*light \(\d+\)/);
  assert.match(said("own.top"), /fibonacci/);
});

test("in JupyterLab, Run All ends without an error, and the table and the pictures are there", async () => {
  const lab = await startLab({ root: copyOfNotebooks(), venv });
  const notebook = await openNotebook(lab, NAME, { width: 1300 });
  try {
    await notebook.runAll({ timeoutMs: 120_000 });
    for (const { source, executionCount, outputs } of await notebook.outputs()) {
      assert.ok(executionCount, source);
      assert.ok(!outputs.some(({ output_type }) => output_type === "error"), source);
    }
    const seen = async (selector: string, text: RegExp) => {
      const element = notebook.panel.locator(selector).first();
      await element.scrollIntoViewIfNeeded();
      await element.waitFor({ state: "visible" });
      assert.match((await element.textContent()) ?? "", text, selector);
    };
    await seen(".jp-OutputArea-output table", /heavy_work/);
    await seen(".proflab-plotly[data-proflab-ready='1']", /heavy \(\d+\)/);
    await seen(".proflab-flame[data-proflab-ready='1']", /heavy_work/);
    assert.deepEqual(notebook.errors, []);
    await notebook.screenshot(join(root, "build/first-profile-in-lab.png"), { fullNotebook: true });
  } finally {
    await notebook.close();
    await lab.close();
  }
});
