import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { FLAMEGRAPH_MIME } from "../../kernel/display/mime.js";
import { openNotebook, startLab } from "../helpers/jupyterlab.js";
import { executeNotebook, type NotebookCell, plainText } from "../helpers/notebook.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();
const root = new URL("../../../", import.meta.url).pathname;
const venv = process.env.PROFLAB_VENV ?? join(root, ".venv");
const NAME = "02-before-and-after.ipynb";

/** A copy of the notebooks, in which the second test finds what the first has recorded. */
const folder = mkdtempSync(join(tmpdir(), "proflab-before-and-after-"));
cpSync(join(root, "notebooks"), folder, {
  recursive: true,
  filter: (path) => path !== join(root, "notebooks/runs"),
});
after(() => rmSync(folder, { recursive: true }));

interface Picture {
  functions: { name: string }[];
  nodes: [number, number, number][];
  differential: { by: string; measure: string; changes: number[][] };
}

test("nbclient executes it: the mend is found, by time and by share, and drawn", () => {
  const output = join(folder, "executed.ipynb");
  executeNotebook(venv, join(folder, NAME), output);
  const { cells } = JSON.parse(readFileSync(output, "utf8")) as { cells: NotebookCell[] };
  const code = cells.filter(({ cell_type }) => cell_type === "code");
  const cellOf = (start: string) => {
    const found = code.find(({ source }) => [source].flat().join("").includes(start));
    assert.ok(found, start);
    return found;
  };
  const said = code.map(plainText).join("\n");
  // What remains of 300 pages is sorting: a fourth of the time, here; half is what a busy machine leaves room for.
  const [, less] = /300 pages took [\d.]+ ms of CPU, and take [\d.]+ ms: (\d+) % less/.exec(said) ?? [];
  assert.ok(Number(less) > 50 && Number(less) < 95, said);
  assert.match(said, /has_key took \d+ ms, and takes \d+ ms: faster/);
  assert.match(said, /by share: \d+ % before, \d+ % after: slower/);
  assert.match(plainText(cellOf("profile.repeat(8")), /^profile\.repeat 100 % 16 windows$/);
  assert.match(
    plainText(cellOf("effect.head")),
    /functions by self, by CPU time in a window: .*\n.*\n0 +has_key +catalogue /,
  );

  const [picture] = cellOf("effect.flamegraph").outputs ?? [];
  const { functions, nodes, differential } = picture.data![FLAMEGRAPH_MIME] as unknown as Picture;
  assert.deepEqual([differential.by, differential.measure], ["before", "time"]);
  const index = nodes.findIndex(([, f]) => functions[f].name === "has_key");
  const [timeBefore, timeAfter, low, high, verdict] = differential.changes[index];
  assert.ok(timeAfter < timeBefore / 4 && low < high && high < 0, `${differential.changes[index]}`);
  assert.equal(verdict, 1, "faster");
});

test("in JupyterLab it runs from its recording, and the picture shows either side", async () => {
  const lab = await startLab({ root: folder, venv, env: { PROFLAB_REPLAY: "1" } });
  const notebook = await openNotebook(lab, NAME, { width: 1300 });
  try {
    await notebook.runAll({ timeoutMs: 120_000 });
    for (const { source, outputs } of await notebook.outputs())
      assert.ok(!outputs.some(({ output_type }) => output_type === "error"), source);
    const flame = notebook.panel.locator(".proflab-flame[data-proflab-ready='1']").first();
    await flame.scrollIntoViewIfNeeded();
    const share = async (name: string) => {
      const width = (text: string | RegExp) =>
        flame
          .locator(".proflab-frame")
          .filter({ hasText: text })
          .first()
          .locator("rect")
          .getAttribute("width");
      return Number(await width(name)) / Number(await width(/^all/));
    };
    const [parsing, sorting] = [await share("parse_catalogue"), await share("sort_by_name")];
    assert.ok(parsing > sorting, `${parsing}, ${sorting}`);
    await notebook.screenshot(join(root, "build/before-and-after-in-lab.png"), { fullNotebook: true });
    await flame.getByRole("button", { name: "after" }).click();
    assert.ok((await share("sort_by_name")) > sorting * 1.5);
    assert.deepEqual(notebook.errors, []);
  } finally {
    await notebook.close();
    await lab.close();
  }
});
