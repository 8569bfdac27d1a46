import { NumberColumn } from "../columns/number-column.js";
import { groupRows } from "../group-keys.js";
import type { ProfileLink } from "../profile-link.js";
import { groupedSums } from "./grouped-sums.js";
import { type LinkedColumns, numbers, texts } from "./linked-columns.js";

/** One row a process and name, the most samples first, with the number of its threads. */
export function byProcess(link: ProfileLink): LinkedColumns {
  const { data, thread } = link.rows;
  const { threads } = data;
  const ofMember = link.members.map((row) => thread[row]);
  const ids = new NumberColumn(ofMember.map((t) => threads.pid[t]));
  const groups = groupRows([ids, texts("process", ofMember, threads.process).column], ofMember.length);
  const { first, order, sums, link: grouped } = groupedSums(link, groups);
  const rows = first.map((row) => thread[row]);
  const tids = Array.from({ length: groups.count }, () => new Set<number>());
  for (let i = 0; i < ofMember.length; i++) tids[groups.of[i]].add(threads.tid[ofMember[i]]);
  return {
    columns: [
      numbers(
        "pid",
        rows.map((t) => threads.pid[t]),
      ),
      texts("process", rows, threads.process),
      numbers(
        "threads",
        order.map((group) => tids[group].size),
      ),
      ...sums,
    ],
    link: () => grouped,
  };
}
