import type { NamedColumn } from "../columns/column.js";
import type { Groups } from "../group-keys.js";
import { ProfileLink } from "../profile-link.js";
import { zeros } from "../stack-totals.js";
import { timeMs } from "../time.js";
import { numbers } from "./linked-columns.js";

export interface GroupedSums {
  /** The groups in their new order. */
  readonly order: Int32Array;
  /** A row of the profile of each. */
  readonly first: Int32Array;
  /** `samples` and `time_ms`. */
  readonly sums: NamedColumn[];
  readonly link: ProfileLink;
}

/** Adds up groups of the rows that a frame stands for, the most samples first. */
export function groupedSums(link: ProfileLink, groups: Groups): GroupedSums {
  const { members, rows } = link;
  const samples = zeros(rows.samples, groups.count);
  const weight = new Float64Array(groups.count);
  for (let i = 0; i < members.length; i++) {
    samples[groups.of[i]] += rows.samples[members[i]];
    weight[groups.of[i]] += rows.weight[members[i]];
  }
  const order = Int32Array.from(samples.keys()).sort((a, b) => samples[b] - samples[a] || a - b);
  const ordered = ProfileLink.of(
    rows,
    groups.offsets,
    groups.rows.map((i) => members[i]),
  ).take(order);
  return {
    order,
    first: order.map((group) => members[groups.first[group]]),
    sums: [
      numbers(
        "samples",
        samples.map((_, i) => samples[order[i]]),
      ),
      numbers(
        "time_ms",
        weight.map((_, i) => timeMs(weight[order[i]], rows.data.meta)),
      ),
    ],
    link: ordered,
  };
}
