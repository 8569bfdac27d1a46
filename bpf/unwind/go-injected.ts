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
/** What a function calls that needs more stack, before it has made its own frame: runtime/asm_amd64.s. */
const BEFORE_THE_FRAME = ["morestack", "morestack_noctxt"].flatMap((name) => [
  `runtime.${name}`,
  `runtime.${name}.abi0`,
]);
/** The functions that nothing called, in ascending order: what they return to is where a signal came. */
export function injectedFunctions(elf: ElfFile, debug?: ElfFile): TextRange[] {
  return goFunctions(INJECTED, elf, debug);
}

/** The functions that return to where no frame may have been made yet, in ascending order: by the unwind data alone. */
export function returningAnywhere(elf: ElfFile, debug?: ElfFile): TextRange[] {
  return goFunctions([...INJECTED, ...BEFORE_THE_FRAME], elf, debug);
}
