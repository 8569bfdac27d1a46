import { existsSync, rmSync } from "node:fs";
import type { Command } from "./command.js";
import { PLACES_USAGE, places } from "./place-options.js";

const USAGE = `usage: proflab uninstall [--user | --prefix DIR | --sys-prefix] [--name NAME]

Removes what install wrote, at the same place.

${PLACES_USAGE}`;

function run(list: string[]): void {
  for (const folder of Object.values(places(list))) {
    if (!existsSync(folder)) continue;
    rmSync(folder, { recursive: true });
    console.log(`removed ${folder}`);
  }
}

export const command: Command = { usage: USAGE, run };
