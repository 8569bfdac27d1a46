import { fileURLToPath } from "node:url";

/** Name of the kernel's folder, and of its language in notebooks' metadata. */
export const DEFAULT_NAME = "proflab";

/** The kernel's process, compiled. */
export const KERNEL_MAIN = fileURLToPath(new URL("../jupyter/main.js", import.meta.url));

/** Flags without which the kernel is less than it says. */
export const KERNEL_FLAGS: readonly string[] = [
  // An interrupted timer callback leaves the stack of async ids as it was; checking it would abort the process.
  "--no-force-async-hooks-checks",
  // A cell that imports an ES module would warn of Node's way to load it.
  "--disable-warning=ExperimentalWarning",
  // Names for what V8 compiles, and a native frame for each function that it interprets: profiles show the cell's functions.
  "--perf-basic-prof",
  "--interpreted-frames-native-stack",
  // They also open V8's log, a file for each thread in the notebook's folder; this makes it one without a name.
  "--no-logfile-per-isolate",
  "--logfile=+",
];

/** Content of `kernel.json`. Node is named by its whole path: a desktop's PATH may have another one, or none. */
export function kernelSpec(): Record<string, unknown> {
  return {
    argv: [process.execPath, ...KERNEL_FLAGS, KERNEL_MAIN, "{connection_file}"],
    display_name: "TypeScript (proflab)",
    language: "typescript",
    interrupt_mode: "message",
    env: {},
    metadata: { debugger: false },
  };
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
