import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export { CHROMIUM, type CodeCell, type NotebookPage, openNotebook } from "./notebook-page.js";

export interface LabOptions {
  /** Folder that JupyterLab shows; notebook paths are relative to it. */
  root: string;
  /** Python environment with jupyterlab. */
  venv: string;
  /** Further data folders, such as one with `kernels/` in it. */
  jupyterPath?: string[];
  /** Folders of prebuilt extensions; each folder's name is the extension's name. */
  extensions?: string[];
  /** Further environment of the server and its kernels. */
  env?: NodeJS.ProcessEnv;
  theme?: LabTheme;
}

export type LabTheme = "JupyterLab Light" | "JupyterLab Dark" | "JupyterLab Dark High Contrast";

/** A running JupyterLab. */
export interface Lab {
  /** Base address, with a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** What the server printed so far. */
  log(): string;
  close(): Promise<void>;
}

const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 15_000;

/** Starts a real JupyterLab on a free loopback port, with a home and settings of its own. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const home = await mkdtemp(path.join(tmpdir(), "proflab-jupyterlab-"));
  const folder = (name: string) => path.join(home, name);
  await writeSettings(folder("config"), options.theme ?? "JupyterLab Light");
  for (const extension of options.extensions ?? []) {
    const to = path.join(folder("data"), "labextensions", path.basename(extension));
    await cp(extension, to, { recursive: true });
  }
  const token = randomBytes(24).toString("hex");
  const args = [
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--ServerApp.port=18888", // the first that is free from here on
    "--ServerApp.port_retries=200",
    `--ServerApp.root_dir=${path.resolve(options.root)}`,
    "--LabApp.expose_app_in_browser=True", // window.jupyterapp, through which a page is driven
  ];
  const server = spawn(path.join(options.venv, "bin/jupyter-lab"), args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...options.env,
      HOME: home,
      JUPYTER_TOKEN: token, // not an argument, which every user of the machine can read
      JUPYTER_PATH: (options.jupyterPath ?? []).join(":"),
      JUPYTER_CONFIG_DIR: folder("config"),
      JUPYTER_DATA_DIR: folder("data"),
      JUPYTER_PREFER_ENV_PATH: "0", // the extension under test, not one that is installed in the environment
      JUPYTER_RUNTIME_DIR: folder("runtime"),
      JUPYTERLAB_SETTINGS_DIR: folder("config/lab/user-settings"),
      JUPYTERLAB_WORKSPACES_DIR: folder("config/lab/workspaces"),
    },
  });
  let log = "";
  for (const stream of [server.stdout, server.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
  }
  server.on("error", (error) => {
    log += String(error);
  });
  const close = async () => {
    await stop(server);
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const url = await readUrl(server, folder("runtime"));
    return { url, token, log: () => log, close };
  } catch (error) {
    await close();
    throw new Error(`${(error as Error).message}\n${log}`);
  }
}

async function writeSettings(config: string, theme: LabTheme): Promise<void> {
  const files = {
    // The question about news stands over the notebook and asks the network.
    "labconfig/page_config.json": {
      disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true },
    },
    // Cells outside of the viewport are drawn too, so that a picture can show the whole notebook.
    "lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {
      windowingMode: "none",
      scrollPastEnd: false,
    },
    // JupyterLab drops what a kernel on a busy machine completes after a second.
    "lab/user-settings/@jupyterlab/completer-extension/manager.jupyterlab-settings": {
      providerTimeout: 120_000,
    },
    "lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings": { theme },
  };
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(config, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify(content));
  }
}

/** Waits for the file in which a server says where it listens, and for its first answer. */
async function readUrl(server: ChildProcess, runtime: string): Promise<string> {
  const file = path.join(runtime, `jpserver-${server.pid}.json`);
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (server.pid === undefined || server.exitCode !== null) throw new Error("JupyterLab did not start");
    if (existsSync(file)) {
      const url = await readFile(file, "utf8").then(
        (text) => (JSON.parse(text) as { url: string }).url,
        () => undefined, // written only in part
      );
      if (url && (await fetch(`${url}api`).catch(() => undefined))?.ok) return url;
    }
    await delay(50);
  }
  throw new Error(`JupyterLab did not answer within ${START_TIMEOUT_MS / 1000} s`);
}

/** Ends the server, which ends its kernels. */
async function stop(server: ChildProcess): Promise<void> {
  const running = () => server.pid !== undefined && server.exitCode === null && server.signalCode === null;
  server.kill("SIGTERM");
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while (running() && Date.now() < deadline) await delay(20);
  if (running()) server.kill("SIGKILL");
}
