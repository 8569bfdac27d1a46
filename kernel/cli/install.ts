import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { snapshotPath, takeSnapshot } from "../jupyter/compiler-snapshot.js";
import type { Command } from "./command.js";
import { EXTENSION_SOURCE } from "./extension.js";
import { kernelSpec, LOGO_SVG } from "./kernel-spec.js";
import { PLACES_USAGE, type Places, places, written } from "./place-options.js";

const USAGE = `usage: proflab install [--user | --prefix DIR | --sys-prefix] [--name NAME]

Makes Jupyter know the kernel, and JupyterLab its pictures. No Python is needed.

${PLACES_USAGE}`;

async function run(list: string[]): Promise<void> {
  const folders = places(list);
  const hasExtension = written(() => installInto(folders));
  console.log(`kernel:    ${folders.kernel}`);
  const snapshot = snapshotPath();
  if (snapshot && !existsSync(snapshot)) await takeSnapshot(snapshot); // else the first kernel takes it
  console.log(
    `extension: ${hasExtension ? folders.extension : "not built, JupyterLab shows static pictures"}`,
  );
}

/** Writes the kernel's spec and the extension; false when the extension is not built. */
export function installInto({ kernel, extension }: Places): boolean {
  mkdirSync(kernel, { recursive: true });
  writeFileSync(join(kernel, "kernel.json"), `${JSON.stringify(kernelSpec(), null, 2)}\n`);
  writeFileSync(join(kernel, "logo-svg.svg"), LOGO_SVG);
  if (!existsSync(EXTENSION_SOURCE)) return false;
  rmSync(extension, { recursive: true, force: true });
  cpSync(EXTENSION_SOURCE, extension, { recursive: true });
  return true;
}

export const command: Command = { usage: USAGE, run };
