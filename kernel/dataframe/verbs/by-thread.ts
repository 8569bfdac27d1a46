import { groupCodes } from "../group-keys.js";
import type { ProfileLink } from "../profile-link.js";
import { groupedSums } from "./grouped-sums.js";
import { type LinkedColumns, numbers, texts } from "./linked-columns.js";

/** One row a thread and name, the most samples first. */
export function byThread(link: ProfileLink): LinkedColumns {
  const { data, thread } = link.rows;
  const { threads } = data;
  const codes = link.members.map((row) => thread[row]);
  const groups = groupCodes([{ codes, size: threads.pid.length }], codes.length);
  const { first, sums, link: grouped } = groupedSums(link, groups);
  const rows = first.map((row) => thread[row]);
  return {
    columns: [
      numbers(
        "pid",
        rows.map((t) => threads.pid[t]),
      ),
      numbers(
        "tid",
        rows.map((t) => threads.tid[t]),
      ),
      texts("process", rows, threads.process),
      texts("comm", rows, threads.comm),
      ...sums,
    ],
    link: () => grouped,
  };
}
