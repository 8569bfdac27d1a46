import { existsSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type Browser, chromium, type Locator, type Page } from "playwright-core";
import type { Lab, LabTheme } from "./jupyterlab.js";

/** A code cell as JupyterLab's model has it, which is what a saved notebook has. */
export interface CodeCell {
  source: string;
  executionCount: number | null;
  outputs: Record<string, unknown>[];
}

/** A notebook open in JupyterLab, in a browser of its own. */
export interface NotebookPage {
  readonly page: Page;
  /** The notebook in the page. */
  readonly panel: Locator;
  /** Errors that no code of the page has caught. */
  readonly errors: string[];
  /** Addresses that the page has asked for, `data:` and `blob:` left out. */
  readonly requests: string[];
  /** Runs all cells and waits for the last reply. A cell that fails is seen in `outputs()`. */
  runAll(options?: { timeoutMs?: number }): Promise<void>;
  outputs(): Promise<CodeCell[]>;
  /** Waits for the kernel, and gives the notebook one where it names none that exists. */
  kernelIdle(): Promise<void>;
  setTheme(theme: LabTheme): Promise<void>;
  /** Writes a PNG: the window, or one so tall that the whole notebook is in it. */
  screenshot(file: string, options?: { fullNotebook?: boolean }): Promise<void>;
  save(): Promise<void>;
  close(): Promise<void>;
}

export interface NotebookPageOptions {
  width?: number;
  height?: number;
  /** Pixels of the picture for one of CSS. */
  scale?: number;
}

/** The browser that drives JupyterLab: PROFLAB_CHROMIUM, or Debian's. */
export const CHROMIUM = process.env.PROFLAB_CHROMIUM ?? "/usr/bin/chromium";

/** A hang: a busy machine may take long. */
const TIMEOUT_MS = 120_000;

const QUIET = ["--disable-quic", "--no-first-run", "--disable-background-networking"];
const QUIETER = ["--disable-component-update", "--disable-sync"];
/** Chromium cannot take taller pictures. */
const MAX_HEIGHT = 16_000;

/** The part of JupyterLab's application that is used, as it is in the page. */
interface LabPage {
  jupyterapp?: {
    restored: Promise<void>;
    commands: { execute(command: string, args?: object): Promise<unknown> };
    shell: {
      currentWidget: {
        revealed: Promise<void>;
        context: { ready: Promise<void>; sessionContext: { session?: { kernel?: { status: string } } } };
        content: { widgets: { model: CellModel }[] };
      } | null;
    };
  };
}

interface CellModel {
  type: string;
  executionCount: number | null;
  sharedModel: { getSource(): string };
  outputs: { toJSON(): Record<string, unknown>[] };
}

/** Opens a notebook of a lab, alone and without the side bar. */
export async function openNotebook(
  lab: Lab,
  path: string,
  { width = 1280, height = 900, scale = 1 }: NotebookPageOptions = {},
): Promise<NotebookPage> {
  if (!existsSync(CHROMIUM)) throw new Error(`There is no browser at ${CHROMIUM}; set PROFLAB_CHROMIUM`);
  const args = ["--no-sandbox", "--disable-gpu", ...QUIET, ...QUIETER];
  const browser = await chromium.launch({ executablePath: CHROMIUM, args });
  try {
    return await open(browser, lab, path, { width, height, scale });
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function open(
  browser: Browser,
  lab: Lab,
  path: string,
  { width, height, scale }: Required<NotebookPageOptions>,
): Promise<NotebookPage> {
  const page = await browser.newPage({ viewport: { width, height }, deviceScaleFactor: scale });
  page.setDefaultTimeout(TIMEOUT_MS);
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url())) requests.push(request.url());
  });
  // `reset` keeps JupyterLab from restoring the notebooks of an earlier page.
  const address = path.split("/").map(encodeURIComponent).join("/");
  await page.goto(`${lab.url}lab/tree/${address}?reset&token=${lab.token}`);
  await page.waitForFunction(() => (globalThis as LabPage).jupyterapp?.restored.then(() => true), undefined, {
    timeout: TIMEOUT_MS,
  });
  const panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)");
  await panel.waitFor();
  // The file is read only now; until then the notebook is one empty cell.
  await page.evaluate(async () => {
    const { context, revealed } = (globalThis as LabPage).jupyterapp!.shell.currentWidget!;
    await Promise.all([context.ready, revealed]);
  });
  const execute = (command: string, args: object = {}) =>
    page.evaluate(
      async ([name, input]) => {
        await (globalThis as LabPage).jupyterapp!.commands.execute(name, input);
      },
      [command, args] as const,
    );
  if (await page.locator("#jp-left-stack").isVisible()) await execute("application:toggle-left-area");

  const runAll = async ({ timeoutMs = 300_000 } = {}) => {
    page.setDefaultTimeout(timeoutMs);
    await kernelIdle(page);
    await execute("notebook:run-all-cells");
    await panel.locator(".jp-InputPrompt").getByText("*").first().waitFor({ state: "detached" });
    page.setDefaultTimeout(TIMEOUT_MS);
  };
  const screenshot = async (file: string, { fullNotebook = false } = {}) => {
    if (!fullNotebook) {
      await page.screenshot({ path: file });
      return;
    }
    await showWhole(page, panel, { width, height });
    await page.screenshot({ path: file });
    await page.setViewportSize({ width, height });
  };
  return {
    page,
    panel,
    errors,
    requests,
    runAll,
    screenshot,
    outputs: () => codeCells(page),
    kernelIdle: () => kernelIdle(page),
    save: () => execute("docmanager:save"),
    setTheme: async (theme) => {
      await execute("apputils:change-theme", { theme });
      await page.locator(`body[data-jp-theme-name="${theme}"]`).waitFor({ state: "attached" });
      await page.locator("#jupyterlab-splash").waitFor({ state: "detached" }); // covers the page meanwhile
    },
    close: () => browser.close(),
  };
}

/** Waits for the kernel; accepts the dialog that asks for one where the notebook names none that exists. */
async function kernelIdle(page: Page): Promise<void> {
  const dialog = page.locator(".jp-Dialog .jp-mod-accept");
  const status = () =>
    page.evaluate(() => {
      const { currentWidget } = (globalThis as LabPage).jupyterapp!.shell;
      return currentWidget?.context.sessionContext.session?.kernel?.status;
    });
  const deadline = Date.now() + TIMEOUT_MS;
  for (let now = await status(); now !== "idle"; now = await status()) {
    if (Date.now() > deadline) throw new Error(`The kernel did not become idle; it is ${now ?? "absent"}`);
    if (await dialog.isVisible()) await dialog.click();
    await delay(100);
  }
}

/** Code cells by the model: in the page an error, for one, is an output like any other. */
function codeCells(page: Page): Promise<CodeCell[]> {
  return page.evaluate(() =>
    (globalThis as LabPage)
      .jupyterapp!.shell.currentWidget!.content.widgets.map(({ model }) => model)
      .filter((model) => model.type === "code")
      .map((model) => ({
        source: model.sharedModel.getSource(),
        executionCount: model.executionCount,
        outputs: model.outputs.toJSON(),
      })),
  );
}

/** Makes the window as tall as the notebook, again as long as what comes into view makes that taller. */
async function showWhole(page: Page, panel: Locator, size: { width: number; height: number }): Promise<void> {
  const scroller = panel.locator(".jp-WindowedPanel-outer").first();
  let { height } = size;
  for (let round = 0; round < 10; round++) {
    await drawn(panel);
    const hidden = await scroller.evaluate((node) => node.scrollHeight - node.clientHeight);
    if (hidden <= 0 || height >= MAX_HEIGHT) return;
    height = Math.min(MAX_HEIGHT, height + hidden);
    await page.setViewportSize({ width: size.width, height });
    await delay(300); // for JupyterLab to lay out, and for what came into view to start drawing
  }
}

/** Waits until every picture of the extension has been drawn, or says why it cannot be. */
async function drawn(panel: Locator): Promise<void> {
  const pending = panel.locator(":is(.proflab-plotly, .proflab-flame):not([data-proflab-ready])");
  for (let left = await pending.count(); left > 0; left = await pending.count()) {
    await pending.first().scrollIntoViewIfNeeded(); // figures are drawn only near the viewport
    await pending.nth(left - 1).waitFor({ state: "detached" });
  }
}
