import { NumberColumn } from "../columns/number-column.js";
import { functionTotals } from "../function-totals.js";
import { ProfileLink } from "../profile-link.js";
import { timeMs } from "../time.js";
import { type LinkedColumns, numbers, texts } from "./linked-columns.js";

/** One row a function, the most samples of its own first. Its rows of the profile are those whose stacks have it. */
export function byFunction(link: ProfileLink): LinkedColumns {
  const { data } = link.rows;
  const { frames } = data;
  const { rows, self, total, selfWeight, totalWeight } = functionTotals(link);
  const time = (weight: Float64Array) => Float64Array.from(rows, (f) => timeMs(weight[f], data.meta));
  return {
    columns: [
      texts("name", rows, frames.name),
      texts("module", rows, frames.module),
      texts("kind", rows, frames.kind),
      { name: "self", column: new NumberColumn(self).take(rows) },
      { name: "total", column: new NumberColumn(total).take(rows) },
      numbers("self_ms", time(selfWeight)),
      numbers("total_ms", time(totalWeight)),
    ],
    link: () => linkByFunction(link, rows),
  };
}

function linkByFunction({ members, rows }: ProfileLink, functions: Int32Array): ProfileLink {
  const { frames, stacks } = rows.data;
  const lists = new Map(Array.from(functions, (f): [number, number[]] => [f, []]));
  const seenIn = new Int32Array(frames.name.length).fill(-1);
  for (const row of members) {
    const stack = rows.stack[row];
    for (let i = stacks.offsets[stack]; i < stacks.offsets[stack + 1]; i++) {
      const frame = stacks.frames[i];
      if (seenIn[frame] !== row) lists.get(frame)!.push(row);
      seenIn[frame] = row;
    }
  }
  const offsets = new Int32Array(functions.length + 1);
  for (const [i, f] of functions.entries()) offsets[i + 1] = offsets[i] + lists.get(f)!.length;
  const held = new Int32Array(offsets[functions.length]);
  for (const [i, f] of functions.entries()) held.set(lists.get(f)!, offsets[i]);
  return ProfileLink.of(rows, offsets, held);
}
