import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { snapshotPath, takeSnapshot } from "../jupyter/compiler-snapshot.js";
import type { Command } from "./command.js";
import { kernelSpec, LOGO_SVG } from "./kernel-spec.js";
import { PLACES_USAGE, places } from "./place-options.js";

/** The JupyterLab extension, built. */
const EXTENSION = fileURLToPath(new URL("../../lab/proflab", import.meta.url));

const USAGE = `usage: proflab install [--user | --prefix DIR | --sys-prefix] [--name NAME]

Makes Jupyter know the kernel, and JupyterLab its pictures. No Python is needed.

${PLACES_USAGE}`;

async function run(list: string[]): Promise<void> {
  const { kernel, extension } = places(list);
  mkdirSync(kernel, { recursive: true });
  writeFileSync(join(kernel, "kernel.json"), `${JSON.stringify(kernelSpec(), null, 2)}\n`);
  writeFileSync(join(kernel, "logo-svg.svg"), LOGO_SVG);
  console.log(`kernel:    ${kernel}`);
  const snapshot = snapshotPath();
  if (snapshot && !existsSync(snapshot)) await takeSnapshot(snapshot); // else the first kernel takes it
  if (!existsSync(EXTENSION)) {
    console.log("extension: not built, JupyterLab shows static pictures");
    return;
  }
  rmSync(extension, { recursive: true, force: true });
  cpSync(EXTENSION, extension, { recursive: true });
  console.log(`extension: ${extension}`);
}

export const command: Command = { usage: USAGE, run };
