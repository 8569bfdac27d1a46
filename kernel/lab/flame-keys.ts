import type { Frame } from "./flame-tree.js";

/** The frame that an arrow key leads to: up to the largest callee, down to the caller, aside to a neighbour. */
export function frameByKey(frame: Frame, key: string): Frame | undefined {
  const siblings = frame.parent?.children ?? [frame];
  switch (key) {
    case "ArrowUp":
      return frame.children.reduce<Frame | undefined>(
        (best, child) => (best && best.value >= child.value ? best : child),
        undefined,
      );
    case "ArrowDown":
      return frame.parent;
    case "ArrowLeft":
      return siblings[siblings.indexOf(frame) - 1];
    case "ArrowRight":
      return siblings[siblings.indexOf(frame) + 1];
    default:
      return undefined;
  }
}
