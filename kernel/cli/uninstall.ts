import { existsSync, rmSync } from "node:fs";
import type { Command } from "./command.js";
import { otherKernels, PLACES_USAGE, places, written } from "./place-options.js";

const USAGE = `usage: proflab uninstall [--user | --prefix DIR | --sys-prefix] [--name NAME]

Removes what install wrote, at the same place; the pictures of JupyterLab with the last of its kernels there.

${PLACES_USAGE}`;

function run(list: string[]): void {
  const { kernel, extension } = places(list);
  const others = otherKernels(kernel);
  const found = [kernel, ...(others.length > 0 ? [] : [extension])].filter((folder) => existsSync(folder));
  for (const folder of found) {
    written(() => rmSync(folder, { recursive: true }));
    console.log(`removed ${folder}`);
  }
  if (found.length === 0) console.log(`nothing to remove: no ${kernel}`);
  if (others.length > 0) console.log(`kept ${extension}, for ${others.join(", ")}`);
}

export const command: Command = { usage: USAGE, run };
