import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Locator } from "playwright-core";
import { CHROMIUM, type Lab, type NotebookPage, openNotebook, startLab } from "../helpers/jupyterlab.js";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const VENV = process.env.PROFLAB_VENV ?? path.join(ROOT, ".venv");
/** Pictures to look at: what a person would see after each step. */
const PICTURES = process.env.PROFLAB_SCREENSHOTS ?? path.join(ROOT, "build/lab");
const missing = [path.join(VENV, "bin/jupyter-lab"), CHROMIUM].filter((file) => !existsSync(file));
const skip = missing.length > 0 && process.env.REQUIRE_BPF !== "1" && `not installed: ${missing.join(", ")}`;

/** The steps of a person in one notebook: each goes on where the one before has ended. */
describe("the kernel in JupyterLab", { skip }, () => {
  let folder: string;
  let lab: Lab;
  let nb: NotebookPage;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "proflab-lab-kernel-"));
    await mkdir(PICTURES, { recursive: true });
    const cell = {
      cell_type: "code",
      id: "one",
      metadata: {},
      source: "",
      outputs: [],
      execution_count: null,
    };
    const kernelspec = { name: "proflab", language: "typescript", display_name: "TypeScript (proflab)" };
    const notebook = { cells: [cell], metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
    await writeFile(path.join(folder, "typed.ipynb"), JSON.stringify(notebook));
    lab = await startLab({ root: folder, venv: VENV });
    nb = await openNotebook(lab, "typed.ipynb");
    await nb.kernelIdle();
  });
  after(async () => {
    await nb?.close();
    await lab?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const active = () => nb.panel.locator(".jp-Cell.jp-mod-active");
  const picture = (name: string) => nb.screenshot(path.join(PICTURES, `${name}.png`));
  const press = (key: string) => nb.page.keyboard.press(key);
  /** Types into the active cell, which `Shift+Enter` has made the next one. */
  const type = async (text: string) => {
    await active().locator(".cm-content").click();
    await nb.page.keyboard.insertText(text);
  };
  const textOf = async (node: Locator) => (await node.textContent()) ?? "";
  /** The last cell that has a number, once its `*` is gone. */
  const ran = async (count: number) => {
    const prompt = nb.panel.locator(".jp-InputPrompt").getByText(`[${count}]:`, { exact: true });
    await prompt.waitFor();
    return nb.panel
      .locator(".jp-CodeCell")
      .nth((await nb.outputs()).findIndex((c) => c.executionCount === count));
  };
  const button = (command: string) => nb.panel.locator(`.jp-Toolbar [data-command="${command}"]`).first();

  test("typing and Shift-Enter run a cell and show its result", async () => {
    await type("const answer: number = 6 * 7;\nanswer");
    await press("Shift+Enter");
    assert.equal(await textOf((await ran(1)).locator(".jp-OutputArea-output")), "42");
  });

  test("Tab completes, by types", async () => {
    const items = nb.page.locator(".jp-Completer-item");
    await type("const rounded = answer.toF");
    await press("Tab");
    await items.first().waitFor();
    assert.deepEqual(await items.allTextContents(), ["mtoFixedmethod"]); // its badge, name and kind
    await press("Enter");
    await items.first().waitFor({ state: "hidden" });
    assert.equal(await textOf(active().locator(".cm-content")), "const rounded = answer.toFixed");
    await press("Control+a");
    await nb.page.keyboard.insertText("Math.a");
    await press("Tab");
    await items.first().waitFor();
    const names = await nb.page.locator(".jp-Completer-match").allTextContents();
    assert.deepEqual(names.slice(0, 3), ["abs", "acos", "acosh"]);
    assert.match(await textOf(items.first()), /method|function/);
    await picture("complete");
    await press("Enter");
    assert.match(await textOf(active().locator(".cm-content")), /^Math\.abs$/);
  });

  test("Shift-Tab shows signature and documentation", async () => {
    await press("Shift+Tab");
    const tooltip = nb.page.locator(".jp-Tooltip");
    await tooltip.getByText("absolute value").first().waitFor();
    const text = await textOf(tooltip);
    assert.match(text, /abs\(x: number\): number/);
    assert.match(text, /absolute value/);
    await picture("hover");
    await press("Escape");
    await tooltip.waitFor({ state: "detached" });
  });

  test("a type error shows its line and a caret, and the variables stay", async () => {
    await active().locator(".cm-content").click();
    await press("Control+a");
    await nb.page.keyboard.insertText('const text: string = "a";\nanswer.toUpperCase();');
    await press("Shift+Enter");
    const output = (await ran(2)).locator(".jp-OutputArea-output");
    assert.match(await textOf(output), /TS2339.*toUpperCase.*answer\.toUpperCase\(\);\s+\^+/s);
    await picture("type-error");
  });

  test("the button interrupts a busy cell, and the next one runs", async () => {
    await type('console.log("spinning");\nwhile (true);');
    await press("Shift+Enter");
    await nb.panel.getByText("spinning", { exact: true }).waitFor();
    assert.equal(await nb.panel.locator(".jp-InputPrompt").getByText("[*]:").count(), 1);
    await button("notebook:interrupt-kernel").click();
    const output = (await ran(3)).locator(".jp-OutputArea");
    assert.match(await textOf(output), /Interrupted: the cell was interrupted$/);
    await picture("interrupted");
    await type("answer + 1");
    await press("Shift+Enter");
    assert.equal(await textOf((await ran(4)).locator(".jp-OutputArea-output")), "43");
  });

  test("restart and run all begins anew, and ends at the cell that fails", async () => {
    await button("notebook:restart-run-all").click();
    await nb.page.locator(".jp-Dialog .jp-mod-accept").click();
    await nb.panel.locator(".jp-InputPrompt").getByText("[4]:").waitFor({ state: "detached" });
    const output = (await ran(1)).locator(".jp-OutputArea-output");
    assert.equal(await textOf(output), "42");
    await ran(2);
    await nb.panel.locator(".jp-InputPrompt").getByText("[*]:").first().waitFor({ state: "detached" });
    const counts = (await nb.outputs()).map(({ executionCount }) => executionCount);
    assert.deepEqual(counts, [1, 2, null, null, null]);
    await picture("run-all");
  });

  test("the page threw nothing", () => assert.deepEqual(nb.errors, []));
});
