import type { ProfileData } from "../dataframe/profile-data.js";

/** Rows of samples of each thread that has any, in the order of threads and of time. */
export function samplesByThread({ samples, threads }: ProfileData): { thread: number; rows: number[] }[] {
  const rows: number[][] = Array.from(threads.pid, () => []);
  for (let i = 0; i < samples.thread.length; i++) rows[samples.thread[i]].push(i);
  return rows.map((found, thread) => ({ thread, rows: found })).filter(({ rows }) => rows.length > 0);
}

/** A thread as one name: `worker (pid 5, tid 7)`. */
export function threadTitle({ threads }: ProfileData, thread: number): string {
  const ids = [
    ...(threads.pid[thread] >= 0 ? [`pid ${threads.pid[thread]}`] : []),
    ...(threads.tid[thread] >= 0 ? [`tid ${threads.tid[thread]}`] : []),
  ];
  return ids.length > 0 ? `${threads.comm[thread]} (${ids.join(", ")})` : threads.comm[thread];
}

/** What {@link threadTitle} was made from; a title of another make is a name. */
export function parsedTitle(title: string): { comm: string; pid: number; tid: number } {
  const match = /^(.*) \((?:pid (\d{1,9}))?(?:, )?(?:tid (\d{1,9}))?\)$/s.exec(title);
  if (!match || (match[2] === undefined && match[3] === undefined)) return { comm: title, pid: -1, tid: -1 };
  return { comm: match[1], pid: Number(match[2] ?? -1), tid: Number(match[3] ?? -1) };
}
