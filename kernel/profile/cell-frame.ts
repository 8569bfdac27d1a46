import { cellFunction } from "../cells/cell-function.js";
import type { FrameRow } from "./frame-rows.js";

/** What V8 is said to call a function without a name. */
const ANONYMOUS = "(anonymous)";
/** Numbers from here on are of code that has none in the notebook. */
const UNNUMBERED = 1_000_000;

/**
 * A frame as the notebook shows it, if it is code of a cell; else undefined.
 *
 * A function is `f  In[3]:12`: cell and line where it begins. One without a name has its column too, as there may be
 * several in a line: `(anonymous)  In[3]:12:20`. A cell's code outside of functions is `In[3]:1`.
 */
export function cellFrame(frame: FrameRow): FrameRow | undefined {
  if (frame.kind !== "jit" || frame.file === null || frame.line === null) return undefined;
  const found = cellFunction(frame.file, frame.line, frame.column ?? 1);
  if (!found) return undefined;
  const { cell, isTopLevel, isArgument, line = null, column = null } = found;
  const file = `In[${cell < UNNUMBERED ? cell : " "}]`;
  if (isTopLevel) return { ...frame, name: `${file}:${line}`, file, line, column };
  // V8 names a function by what stands around it: `exports.f` what a cell declares, `profile.frequency` the function in
  // `profile(() => 1, { frequency: 99 })`.
  const isAnonymous = frame.name === ANONYMOUS || (isArgument && frame.name.includes("."));
  const name = isAnonymous ? ANONYMOUS : frame.name.replace(/^exports\./, "");
  const place = [file, line, isAnonymous ? column : null].filter((part) => part !== null);
  return { ...frame, name: `${name}  ${place.join(":")}`, file, line, column };
}
