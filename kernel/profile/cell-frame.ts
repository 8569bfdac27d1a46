import { cellFunction } from "../cells/stack-trace.js";
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
  const { cell, isTopLevel, line = null, column = null } = found;
  const file = `In[${cell < UNNUMBERED ? cell : " "}]`;
  const isAnonymous = frame.name === ANONYMOUS;
  const place = [file, line, isAnonymous && !isTopLevel ? column : null].filter((part) => part !== null);
  // V8 calls a function by what it is assigned to, which for a cell's exported name is a member of `exports`.
  const name = isTopLevel ? "" : `${frame.name.replace(/^exports\./, "")}  `;
  return { ...frame, name: `${name}${place.join(":")}`, file, line, column };
}
