import { CHANGES, type ChangeSide, type FlameChange, SIDES } from "../plot/flame-change.js";
import type { Differential, Frame } from "./flame-tree.js";

/**
 * Reads `{ by, measure, scale, total, notes: { before, after }, changes: [[before, after, low, high, verdict], …] }`, one change a frame,
 * and gives each frame its change. Throws an `Error` whose message is fit to be shown.
 */
export function readDifferential(data: unknown, frames: readonly Frame[]): Differential {
  const { by, measure, scale, total, notes, changes } = (data ?? {}) as Record<string, unknown>;
  if (!Array.isArray(changes) || changes.length !== frames.length)
    throw new Error("its changes are not a list of one a frame");
  for (const [i, frame] of frames.entries()) frame.change = readChange(changes[i], i);
  const texts = (notes ?? {}) as Record<string, unknown>;
  const note = (side: ChangeSide) => (typeof texts[side] === "string" ? texts[side] : "");
  return {
    by: SIDES.find((side) => side === by) ?? "after",
    measure: measure === "time" ? "time" : "share",
    scale: typeof scale === "number" && scale > 0 ? scale : 0,
    total: typeof total === "string" ? total : "",
    notes: { before: note("before"), after: note("after") },
  };
}

function readChange(change: unknown, index: number): FlameChange {
  const numbers = Array.isArray(change) ? (change as unknown[]) : [];
  if (numbers.length !== 5 || !numbers.every((value) => Number.isFinite(value)))
    throw new Error(`change ${index} is not a list of 5 numbers`);
  const [before, after, low, high, verdict] = numbers as number[];
  if (before < 0 || after < 0) throw new Error(`change ${index} has a side below 0`);
  return { before, after, low, high, verdict: CHANGES[verdict] ?? "no evidence" };
}

/** Makes one side's amounts the frames' values. Only for graphs whose frames have changes. */
export function sizeBy(root: Frame, side: ChangeSide): void {
  const pending = [root];
  for (let frame = pending.pop(); frame; frame = pending.pop()) {
    frame.value = frame.change![side];
    frame.self = Math.max(
      0,
      frame.children.reduce((left, child) => left - child.change![side], frame.value),
    );
    pending.push(...frame.children);
  }
}
