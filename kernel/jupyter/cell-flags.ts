import { setFlagsFromString } from "node:v8";

/** How V8 runs the cells' process, and what stands there when nothing is said. */
const V8_FLAGS: readonly { given: string; plain: string }[] = [
  // Names for what V8 compiles, and a native frame for each function that it interprets: profiles show the cell's functions.
  { given: "--perf-basic-prof", plain: "--no-perf-basic-prof" },
  { given: "--interpreted-frames-native-stack", plain: "--no-interpreted-frames-native-stack" },
  // They also open V8's log, a file for each thread in the notebook's folder; this makes it one without a name.
  { given: "--no-logfile-per-isolate", plain: "--logfile-per-isolate" },
  { given: "--logfile=+", plain: "--logfile=v8.log" },
  // What the first two bring with them.
  { given: "--log", plain: "--no-log" },
  { given: "--no-compact-code-space", plain: "--compact-code-space" },
];

/** Flags without which the cells' process is less than the kernel says. */
export const CELL_FLAGS: readonly string[] = [
  // An interrupted timer callback leaves the stack of async ids as it was; checking it would abort the process.
  "--no-force-async-hooks-checks",
  "--disable-warning=DEP0111", // async-hooks.ts does the same for hooks that cells enable, by what this warns of
  "--disable-warning=DEP0040", // danfojs loads Node's punycode, of which Node 22 warns in the cell that loads danfojs
  // A cell that imports an ES module would warn of Node's way to load it.
  "--disable-warning=ExperimentalWarning",
  ...V8_FLAGS.map(({ given }) => given),
];

/**
 * Lets threads start as if V8 had no flags, until what this returns is called: with any, it does not take the compiled code
 * that Node brings of its own modules, and a thread takes twice as long to start.
 */
export function startPlainly(): () => void {
  for (const { plain } of V8_FLAGS) setFlagsFromString(plain);
  return () => {
    for (const { given } of V8_FLAGS) setFlagsFromString(given);
  };
}
