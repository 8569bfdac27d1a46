import { type Frame, lineage } from "./flame-tree.js";

/** Where a frame is drawn. Rows count from the bottom, so that they do not depend on the height. */
export interface FrameBox {
  frame: Frame;
  x: number;
  width: number;
  row: number;
  /** A caller of the frame that is zoomed into; it has the whole width, whatever its share. */
  caller: boolean;
}

export interface FlameLayout {
  boxes: FrameBox[];
  /** Rows in use, so that height = rows × height of a row. */
  rows: number;
  /** Frames that would be narrower than half a pixel. */
  culled: number;
}

/** Frames narrower than this cannot be seen, and there can be hundreds of thousands of them. */
const MIN_WIDTH = 0.5;

/** Places the frames for a view: the zoomed frame over its callers, all at full width, and its callees above. */
export function layoutFlame(zoomed: Frame, width: number): FlameLayout {
  const callers = lineage(zoomed).slice(0, -1);
  const boxes: FrameBox[] = callers.map((frame) => ({ frame, x: 0, width, row: frame.depth, caller: true }));
  let rows = 0;
  let culled = 0;
  // A stack of work instead of recursion: recorded stacks may be thousands of frames deep.
  const pending: FrameBox[] = [{ frame: zoomed, x: 0, width, row: zoomed.depth, caller: false }];
  for (let box = pending.pop(); box; box = pending.pop()) {
    boxes.push(box);
    rows = Math.max(rows, box.row + 1);
    let x = box.x;
    const children: FrameBox[] = [];
    // Children that together exceed their parent are squeezed into it.
    const covered = box.frame.children.reduce((sum, child) => sum + child.value, 0);
    const scale = box.width / (Math.max(covered, box.frame.value) || 1);
    for (const frame of box.frame.children) {
      const childWidth = frame.value * scale;
      if (childWidth >= MIN_WIDTH)
        children.push({ frame, x, width: childWidth, row: frame.depth, caller: false });
      else culled++;
      x += childWidth;
    }
    pending.push(...children.reverse()); // so that boxes come out from left to right
  }
  return { boxes, rows, culled };
}

/** The part of a name that fits into a number of characters, or nothing where it would say nothing. */
export function clipLabel(name: string, characters: number): string {
  if (name.length <= characters) return name;
  return characters < 4 ? "" : `${name.slice(0, characters - 1)}…`;
}
