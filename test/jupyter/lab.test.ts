import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import type { Locator } from "playwright-core";
import { CHROMIUM, type Lab, type NotebookPage, openNotebook, startLab } from "../helpers/jupyterlab.js";
import { HOSTILE, notebook } from "./lab-outputs.js";

const ROOT = path.resolve(import.meta.dirname, "../../..");
const VENV = process.env.PROFLAB_VENV ?? path.join(ROOT, ".venv");
const missing = [path.join(VENV, "bin/jupyter-lab"), CHROMIUM].filter((file) => !existsSync(file));
// In CI nothing may be skipped: there the start fails and says why.
const skip = missing.length > 0 && process.env.REQUIRE_BPF !== "1" && `not installed: ${missing.join(", ")}`;

describe("renderers in JupyterLab", { skip }, () => {
  let folder: string;
  let lab: Lab;
  let nb: NotebookPage;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "proflab-lab-test-"));
    const extension = path.join(folder, "proflab");
    execFileSync(process.execPath, [path.join(ROOT, "scripts/build-lab.mjs"), extension]);
    await mkdir(path.join(folder, "notebooks"));
    await writeFile(path.join(folder, "notebooks/outputs.ipynb"), JSON.stringify(notebook()));
    lab = await startLab({ root: path.join(folder, "notebooks"), venv: VENV, extensions: [extension] });
    nb = await openNotebook(lab, "outputs.ipynb");
    await nb.page.locator(".jp-Dialog .jp-mod-reject").click(); // no kernel
  });
  after(async () => {
    await nb?.close();
    await lab?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** What the cell of an output shows, drawn. */
  const output = async (name: string, kind: "flame" | "plotly"): Promise<Locator> => {
    const cell = nb.panel.locator(".jp-Cell").filter({ hasText: `show("${name}")` });
    await cell.scrollIntoViewIfNeeded();
    const node = cell.locator(`.proflab-${kind}`);
    await cell.locator(`.proflab-${kind}[data-proflab-ready]`).waitFor();
    return node;
  };
  const frame = (flame: Locator, label: string | RegExp) =>
    flame.locator(".proflab-frame").filter({ hasText: label });
  const width = async (group: Locator) => Number(await group.locator("rect").getAttribute("width"));
  const colour = (node: Locator, property: string) =>
    node.evaluate(
      // biome-ignore lint/suspicious/noExplicitAny: it runs in the page, whose types are not those of node
      (element, name) => (globalThis as any).getComputedStyle(element).getPropertyValue(name) as string,
      property,
    );
  const textOf = async (node: Locator) => (await node.textContent()) ?? "";
  const tooltip = () => nb.page.locator(".proflab-tooltip");

  test("both draw although the notebook is not trusted", async () => {
    const trusted = nb.page.locator('[data-icon="ui-components:not-trusted"]');
    await trusted.waitFor({ state: "attached" });
    assert.ok((await (await output("flame", "flame")).locator(".proflab-frame").count()) > 20);
    assert.equal(await (await output("bars", "plotly")).locator("svg .bars path").count(), 6);
    assert.ok((await (await output("violin", "plotly")).locator("svg .violin").count()) > 0);
  });

  test("a click zooms, the callers stay, and each way back restores", async () => {
    const flame = await output("flame", "flame");
    const parse = frame(flame, "parseBody");
    const whole = await width(frame(flame, /^all$/));
    const before = await width(parse);
    const backWays = [
      () => frame(flame, /^all$/).click(),
      () => flame.getByRole("button", { name: "Reset zoom" }).click(),
      () => flame.locator(".proflab-flame-view").press("Escape"),
    ];
    for (const back of backWays) {
      await parse.click();
      assert.equal(await width(parse), whole);
      assert.equal(await width(frame(flame, "onRequest")), whole);
      assert.equal(await frame(flame, "render view").count(), 0);
      await back();
      assert.equal(await width(parse), before);
      assert.equal(await frame(flame, "render view").count(), 1);
    }
  });

  test("the tooltip says name, source, module, amount and share", async () => {
    const flame = await output("flame", "flame");
    await frame(flame, "JsonParser").hover();
    const text = await textOf(tooltip());
    for (const part of [
      "v8::internal::JsonParser<uint8_t>::ParseJson()",
      "src/json/json-parser.cc:512",
      "/usr/bin/node · user code",
      "1,400 samples · 17.5 %",
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`);
    }
    await flame.getByPlaceholder("Search").hover();
    assert.equal(await tooltip().count(), 0);
  });

  test("arrow keys walk and Enter zooms, while JupyterLab keeps its hands off", async () => {
    const flame = await output("flame", "flame");
    const view = flame.locator(".proflab-flame-view");
    const keys = ["ArrowUp", "ArrowUp", "ArrowRight"]; // root, _start, start_thread
    for (const key of keys) await view.press(key);
    assert.match(await textOf(tooltip()), /^start_thread/);
    await view.press("Enter");
    assert.equal(await width(frame(flame, "start_thread")), await width(frame(flame, /^all$/)));
    await view.press("Escape");
    assert.equal(await tooltip().count(), 0);
    assert.match(await textOf(nb.panel.locator(".jp-Cell.jp-mod-active")), /show\("flame"\)/);
  });

  test("a search highlights and says how much matches", async () => {
    const flame = await output("flame", "flame");
    const box = flame.getByPlaceholder("Search");
    const matches = flame.locator(".proflab-match");
    await box.fill("^tcp_|page_fault");
    assert.equal(await matches.count(), 3);
    assert.match(await textOf(flame), /18\.8 % matched/); // 1,200 + 300 of 8,000
    await box.fill("ParseJson("); // no regular expression
    assert.equal(await matches.count(), 1);
    await box.press("Escape");
    assert.equal(await matches.count(), 0);
  });

  test("a graph of two sides: sizes by either side, colours, hover and notes", async () => {
    const flame = await output("differential", "flame");
    const whole = await width(frame(flame, /^all/));
    const share = async (name: string) => (await width(frame(flame, name))) / whole;
    assert.ok(Math.abs((await share("known")) - 40 / 500) < 0.01);
    assert.equal(await frame(flame, /^gone/).count(), 0);
    assert.match(
      await textOf(flame),
      /1,700\.0 → 500\.0 ms a window \(−70\.6 %\).*Seen only when sized by before/,
    );
    await frame(flame, "known").hover();
    const said = await textOf(tooltip());
    for (const part of [
      "1,200.0 ms → 40.0 ms a window",
      "−1,160.0 ms (95 %: −1,220.4 to −1,100.6) · faster: less time",
    ])
      assert.ok(said.includes(part), `${part} in ${said}`);

    await flame.getByRole("button", { name: "before" }).click();
    assert.ok(Math.abs((await share("known")) - 1200 / 1700) < 0.01);
    assert.equal(await frame(flame, /^hash/).count(), 0);
    assert.match(await textOf(frame(flame, "load")), /load {2}▼ 1,100 ms/);
    assert.match(await textOf(flame), /Seen only when sized by after/);
    assert.doesNotMatch(await textOf(flame), /sized by before: gone/);
    await frame(flame, "gone").click();
    await flame.getByRole("button", { name: "after" }).click();
    assert.ok(
      Math.abs((await share("known")) - 40 / 500) < 0.01,
      "where the zoomed frame is gone, its callers are shown",
    );

    for (const theme of ["JupyterLab Dark", "JupyterLab Light"] as const) {
      await nb.setTheme(theme);
      const fill = async (name: string) => parts(await colour(frame(flame, name).locator("rect"), "fill"));
      const [blue, orange, grey] = [await fill("known"), await fill("hash"), await fill("parse")];
      assert.ok(blue[2] > blue[0] && orange[0] > orange[2], `${theme}: ${blue}, ${orange}`);
      assert.ok(Math.max(...grey) - Math.min(...grey) < 0.1, `${theme}: ${grey}`);
    }
    assert.equal(await flame.locator("img").count(), 0);
  });

  test("a stack of 250 frames scrolls, from its root", async () => {
    const flame = await output("deep", "flame");
    assert.equal(await flame.locator(".proflab-frame").count(), 250);
    const view = await flame.locator(".proflab-flame-view").boundingBox();
    const root = await frame(flame, /^all$/).boundingBox();
    assert.ok(view!.height < 620 && root!.y < view!.y + view!.height);
  });

  test("names never become HTML", async () => {
    const flame = await output("flame", "flame");
    const bars = await output("bars", "plotly");
    assert.equal(await flame.locator("img").count(), 0);
    assert.equal(await bars.locator("img").count(), 0);
    await (await output("flame", "flame")).locator(".proflab-frame", { hasText: "<img" }).hover();
    assert.equal(await tooltip().locator("img").count(), 0);
    assert.ok((await textOf(tooltip())).includes(HOSTILE));
    assert.equal(await nb.page.evaluate("globalThis.hacked"), undefined);
  });

  const problems: [name: string, kind: "flame" | "plotly", message: RegExp][] = [
    ["unknownTrace", "plotly", /trace 0 is of type "scatter3d"; drawn here are bar, box,/],
    ["remoteImage", "plotly", /image that is not embedded/],
    ["remoteStyle", "plotly", /could fetch something from the network/],
    ["brokenFigure", "plotly", /its data is not a list of traces/],
    ["emptyTrace", "plotly", /empty or malformed: trace 0 \(heatmap\)/],
    ["brokenFlame", "flame", /the value of "all" is -1/],
    ["brokenDifferential", "flame", /its changes are not a list of one a frame/],
  ];
  for (const [name, kind, message] of problems) {
    test(`what cannot be drawn is said in words: ${name}`, async () => {
      assert.match(await textOf((await output(name, kind)).locator(".proflab-problem")), message);
    });
  }

  test("the theme is followed at once", async () => {
    const label = frame(await output("flame", "flame"), "uv_run").locator("text");
    const title = (await output("bars", "plotly")).locator(".gtitle");
    const light = [await colour(label, "fill"), await colour(title, "fill")];
    const size = await (await output("bars", "plotly")).boundingBox();
    await nb.setTheme("JupyterLab Dark");
    const dark = [await colour(label, "fill"), await colour(title, "fill")];
    for (const i of [0, 1]) {
      assert.ok(lightness(light[i]) < 0.4, `dark text on a light page: ${light[i]}`);
      assert.ok(lightness(dark[i]) > 0.6, `light text on a dark page: ${dark[i]}`);
    }
    assert.deepEqual((await (await output("bars", "plotly")).boundingBox())?.width, size?.width);
    await nb.setTheme("JupyterLab Light");
    assert.deepEqual([await colour(label, "fill"), await colour(title, "fill")], light);
  });

  test("the whole notebook fits into one picture", async () => {
    const file = path.join(process.env.PROFLAB_SCREENSHOTS ?? folder, "notebook.png");
    await nb.screenshot(file, { fullNotebook: true });
    assert.ok(existsSync(file));
    assert.deepEqual(nb.page.viewportSize(), { width: 1280, height: 900 });
  });

  test("both draw once the notebook is trusted", async () => {
    const trusting = nb.page.evaluate("jupyterapp.commands.execute('notebook:trust').then(() => 0)");
    await nb.page.locator(".jp-Dialog .jp-mod-accept").click();
    await trusting;
    await nb.page.locator('[data-icon="ui-components:trusted"]').waitFor({ state: "attached" });
    assert.ok((await (await output("flame", "flame")).locator(".proflab-frame").count()) > 20);
    assert.equal(await (await output("bars", "plotly")).locator("svg .bars path").count(), 6);
  });

  test("the page threw nothing and asked nobody but this JupyterLab", () => {
    assert.deepEqual(nb.errors, []);
    assert.ok(nb.requests.some((url) => url.includes("/plotly.")));
    assert.deepEqual(
      nb.requests.filter((url) => !url.startsWith(lab.url)),
      [],
    );
  });
});

/** Red, green and blue, from 0 to 1, of `rgb(1, 2, 3)`, or of `color(srgb 0.1 0.2 0.3)` where colours were mixed. */
function parts(colour: string): number[] {
  const most = colour.startsWith("rgb") ? 255 : 1;
  return colour.match(/[\d.]+/g)!.map((part) => Number(part) / most);
}

/** Lightness of a colour as browsers compute it, `rgb(1, 2, 3)`, from 0 to 1. */
function lightness(colour: string): number {
  const [red, green, blue] = colour.match(/[\d.]+/g)!.map(Number);
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}
