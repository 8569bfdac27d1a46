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

function run(folder: string): NotebookCell[] {
  const output = "executed.ipynb";
  const command = [cli, "run", join(folder, "03-sql.ipynb"), "-o", join(folder, output)];
  execFileSync(process.execPath, command, { stdio: "pipe", timeout: 180_000 });
  const { cells } = JSON.parse(readFileSync(join(folder, output), "utf8")) as { cells: NotebookCell[] };
  return cells.filter(({ cell_type }) => cell_type === "code");
}

test("03-sql answers its questions", () => {
  const folder = mkdtempSync(join(tmpdir(), "proflab-sql-"));
  cpSync(join(root, "notebooks"), folder, { recursive: true });
  const live = run(folder);
  const said = live.map(plainText).join("\n");
  assert.match(said, /100 ms a letter: (?=.*p)(?=.*c)[pcf_]+/);
  assert.match(said, /parse_input ran \d+ times, for \d+ ms at the median/);
  assert.match(said, /The flusher ran in \d+ slices of 10 ms; in \d+ of them the worker ran as well/);
  const slept = /it slept; (\d+) ms at the median/.exec(said);
  assert.ok(slept && Number(slept[1]) >= 270 && Number(slept[1]) < 1000, slept?.[0]);
  // Half the parsing: 2 in 3 parts of the worker's time, then 1 in 2.
  const share = /parse_input +([\d.]+) +([\d.]+)/.exec(said.slice(said.indexOf("runs/after")));
  assert.ok(share && Number(share[1]) < Number(share[2]) - 3, share?.[0]);
});
