import { setFlagsFromString } from "node:v8";

/** From Node.js 22 on V8 counts otherwise, and refuses the flag. */
const CAN_SET = Number.parseInt(process.versions.node, 10) < 22;
/** How many bytes of a function's bytecode run before V8 thinks of optimizing it: its default, and thirty times as much. */
const SOON = 132 << 10;
const LATE = 4_000_000;

/** Has V8 optimize what runs from here on as soon as it would: a window's samples all go the same way. */
export function optimizeSoon(): void {
  if (CAN_SET) setFlagsFromString(`--interrupt-budget=${SOON}`);
}

/**
 * Has V8 optimize late: what makes a window ready or names its stacks is short, and half of its CPU went to compiling what
 * then hardly ran.
 */
export function optimizeLate(): void {
  if (CAN_SET) setFlagsFromString(`--interrupt-budget=${LATE}`);
}
