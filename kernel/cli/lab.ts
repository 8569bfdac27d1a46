import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Command } from "./command.js";
import { EXTENSION_NAME } from "./extension.js";
import { installInto } from "./install.js";
import { jupyterLab } from "./jupyter-paths.js";
import { DEFAULT_NAME } from "./kernel-spec.js";
import { UsageError } from "./usage-error.js";

const USAGE = `usage: proflab lab [ARGUMENTS OF JUPYTER LAB]

Opens JupyterLab with this kernel and its pictures, installed or not: it is started with them for as long as it runs.
JupyterLab is that of the active virtual environment, or of PATH. Arguments go to it: proflab lab notebook.ipynb --no-browser
`;

async function run(list: string[]): Promise<void> {
  const program = jupyterLab();
  if (program === undefined)
    throw new UsageError(
      "no jupyter-lab in the active virtual environment or in PATH; pip install jupyterlab",
    );
  const data = mkdtempSync(join(tmpdir(), "proflab-lab-"));
  try {
    installInto({
      kernel: join(data, "kernels", DEFAULT_NAME),
      extension: join(data, "labextensions", EXTENSION_NAME),
    });
    const path = [data, process.env.JUPYTER_PATH].filter(Boolean).join(delimiter);
    // JupyterLab refuses to run as root unless it is told that this is meant; profile() may need it.
    const root = process.getuid?.() === 0 ? ["--allow-root"] : [];
    const child = spawn(program, [...root, ...list], {
      stdio: "inherit",
      env: { ...process.env, JUPYTER_PATH: path },
    });
    // Ctrl-C reaches both: JupyterLab asks and then ends, and only then do its files go.
    process.on("SIGINT", () => {});
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.kill(signal));
    const [code] = await once(child, "exit");
    process.exitCode = code ?? 1;
  } finally {
    rmSync(data, { recursive: true, force: true });
  }
}

export const command: Command = { usage: USAGE, run };
