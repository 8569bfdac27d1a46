import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Name of the kernel's folder, and of its language in notebooks' metadata. */
export const DEFAULT_NAME = "proflab";

/** The kernel's process, in one file. */
export const KERNEL_MAIN = fileURLToPath(new URL("../jupyter/main.cjs", import.meta.url));

/** Flags of the kernel's own process; it gives the process of its cells others. */
export const KERNEL_FLAGS: readonly string[] = [
  // What Node calls experimental and the kernel uses would warn in Jupyter's terminal.
  "--disable-warning=ExperimentalWarning",
];

/** What Jupyter reads to start a kernel. */
export interface KernelSpec {
  argv: string[];
  display_name: string;
  language: string;
  interrupt_mode: "message" | "signal";
  env: Record<string, string>;
  metadata: Record<string, unknown>;
}

/** Content of `kernel.json`. Node is named by its whole path: a desktop's PATH may have another one, or none. */
export function kernelSpec(): KernelSpec {
  return {
    argv: [process.execPath, ...KERNEL_FLAGS, KERNEL_MAIN, "{connection_file}"],
    display_name: "TypeScript (proflab)",
    language: "typescript",
    interrupt_mode: "message",
    env: {},
    metadata: { debugger: false },
  };
}

/** What Jupyter would read in a kernel's folder; undefined where that is no kernel, or one that Jupyter does not read either. */
export function readSpec(folder: string): Partial<KernelSpec> | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The kernel's program in a spec of this kernel, of whatever installation; undefined for another kernel's. */
export function ownProgram({ argv }: Partial<KernelSpec>): string | undefined {
  if (!Array.isArray(argv)) return undefined; // the file may be anybody's
  return argv.find((word) => /\/kernel\/jupyter\/main\.c?js$/.test(word));
}

/** The kernel's picture in the launcher. */
export const LOGO_SVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect x="4" y="46" width="56" height="12" rx="2" fill="#c2410c"/>
<rect x="4" y="32" width="38" height="12" rx="2" fill="#ea580c"/>
<rect x="44" y="32" width="16" height="12" rx="2" fill="#f59e0b"/>
<rect x="10" y="18" width="24" height="12" rx="2" fill="#f59e0b"/>
<rect x="16" y="4" width="10" height="12" rx="2" fill="#fbbf24"/>
</svg>
`;
