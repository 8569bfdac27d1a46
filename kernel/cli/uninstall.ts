import { existsSync, rmSync } from "node:fs";
import type { Command } from "./command.js";
import { ownProgram, readSpec } from "./kernel-spec.js";
import { otherKernels, PLACES_USAGE, places, written } from "./place-options.js";

const USAGE = `usage: proflab uninstall [--user | --prefix DIR | --sys-prefix] [--name NAME]

Removes what install wrote, at the same place; the pictures of JupyterLab with the last of its kernels there.

${PLACES_USAGE}`;

function run(list: string[]): void {
  const { kernel, extension } = places(list);
  const others = otherKernels(kernel);
  const isOwn = ownProgram(readSpec(kernel) ?? {}) !== undefined;
  const found = [...(isOwn ? [kernel] : []), ...(others.length > 0 ? [] : [extension])].filter((folder) =>
    existsSync(folder),
  );
  for (const folder of found) {
    written(() => rmSync(folder, { recursive: true }));
    console.log(`removed ${folder}`);
  }
  const isForeign = !isOwn && existsSync(kernel);
  if (isForeign) console.log(`kept ${kernel}: its kernel.json is missing, or not this kernel's`);
  else if (found.length === 0) console.log(`nothing to remove: no ${kernel}`);
  if (others.length > 0 && existsSync(extension)) console.log(`kept ${extension}, for ${others.join(", ")}`);
}

export const command: Command = { usage: USAGE, run };
