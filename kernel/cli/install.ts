import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelSpec, LOGO_SVG } from "./kernel-spec.js";
import { places } from "./place-options.js";

/** The JupyterLab extension, built. */
const EXTENSION = fileURLToPath(new URL("../../lab/proflab", import.meta.url));

/** `proflab install`: makes Jupyter know the kernel, and JupyterLab its pictures. */
export function install(list: string[]): void {
  const { kernel, extension } = places(list);
  mkdirSync(kernel, { recursive: true });
  writeFileSync(join(kernel, "kernel.json"), `${JSON.stringify(kernelSpec(), null, 2)}\n`);
  writeFileSync(join(kernel, "logo-svg.svg"), LOGO_SVG);
  console.log(`kernel:    ${kernel}`);
  if (!existsSync(EXTENSION)) {
    console.log("extension: not built, JupyterLab shows static pictures");
    return;
  }
  rmSync(extension, { recursive: true, force: true });
  cpSync(EXTENSION, extension, { recursive: true });
  console.log(`extension: ${extension}`);
}
