import { existsSync, rmSync } from "node:fs";
import { places } from "./place-options.js";

/** `proflab uninstall`: removes what `install` wrote, at the same place. */
export function uninstall(list: string[]): void {
  for (const folder of Object.values(places(list))) {
    if (!existsSync(folder)) continue;
    rmSync(folder, { recursive: true });
    console.log(`removed ${folder}`);
  }
}
