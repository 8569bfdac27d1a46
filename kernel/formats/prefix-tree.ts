/**
 * The frames of a row of a prefix tree, root first: of it and of its parents, up to -1. Rows without a frame are left out.
 *
 * `limit` is called when a stack is deeper than it may be, as it is in a circle.
 */
export function treeStacks(
  parentOf: (row: number) => number,
  frameOf: (row: number) => number | undefined,
  maxDepth: number,
  limit: (row: number) => never,
): (row: number) => readonly number[] {
  return (row) => {
    const frames: number[] = [];
    let steps = 0;
    for (let at = row; at >= 0; at = parentOf(at)) {
      if (++steps > maxDepth) limit(row);
      const frame = frameOf(at);
      if (frame !== undefined) frames.push(frame);
    }
    return frames.reverse();
  };
}
