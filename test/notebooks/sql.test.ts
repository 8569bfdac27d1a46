import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type NotebookCell, plainText } from "../helpers/notebook.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();
const root = new URL("../../../", import.meta.url).pathname;
const cli = join(root, "dist/kernel/cli/main.js");

function run(folder: string, output: string, before: string[], more: string[]): NotebookCell[] {
  const notebook = join(folder, "03-sql.ipynb");
  const command = [...before, process.execPath, cli, "run", notebook, "-o", join(folder, output), ...more];
  execFileSync(command[0], command.slice(1), { stdio: "pipe", timeout: 180_000 });
  const { cells } = JSON.parse(readFileSync(join(folder, output), "utf8")) as { cells: NotebookCell[] };
  return cells.filter(({ cell_type }) => cell_type === "code");
}

const source = (cell: NotebookCell) => [cell.source].flat().join("");

test("03-sql answers its questions, and answers the same from its recordings, without privileges", () => {
  const folder = mkdtempSync(join(tmpdir(), "proflab-sql-"));
  cpSync(join(root, "notebooks"), folder, { recursive: true });
  const live = run(folder, "live.ipynb", [], []);
  const said = live.map(plainText).join("\n");
  assert.match(said, /100 ms a letter: (?=.*p)(?=.*c)[pcf_]+/);
  assert.match(said, /parse_input ran \d+ times, for \d+ ms at the median/);
  assert.match(said, /The flusher ran in \d+ slices of 10 ms; in \d+ of them the worker ran as well/);
  const slept = /it slept; (\d+) ms at the median/.exec(said);
  assert.ok(slept && Number(slept[1]) >= 270 && Number(slept[1]) < 1000, slept?.[0]);
  // Half the parsing: 2 in 3 parts of the worker's time, then 1 in 2.
  const share = /parse_input +([\d.]+) +([\d.]+)/.exec(said.slice(said.indexOf("runs/after")));
  assert.ok(share && Number(share[1]) < Number(share[2]) - 3, share?.[0]);

  const without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
  const replayed = run(folder, "replayed.ipynb", without, ["--replay"]);
  const asked = (cells: NotebookCell[]) =>
    cells
      .filter((cell) => !source(cell).includes("await profileOf("))
      .map((cell) => [source(cell), plainText(cell)]);
  assert.ok(asked(live).length >= 9);
  assert.deepEqual(asked(replayed), asked(live));
});
