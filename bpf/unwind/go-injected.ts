import type { ElfFile } from "../symbols/elf-file.js";
import { goFunctions, type TextRange } from "./go-functions.js";

/**
 * Functions of Go's runtime that the handler of a signal makes look called by what the signal interrupted: sigctxt's
 * pushCall in runtime/signal_amd64.go.
 */
const INJECTED = ["asyncPreempt", "sigpanic0", "sigpanic"].flatMap((name) => [
  `runtime.${name}`,
  `runtime.${name}.abi0`,
]);
/** The functions that nothing called, in ascending order: what they return to is where a signal came. */
export function injectedFunctions(elf: ElfFile, debug?: ElfFile): TextRange[] {
  return goFunctions(INJECTED, elf, debug);
}
