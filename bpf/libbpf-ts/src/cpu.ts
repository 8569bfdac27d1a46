import { readFileSync } from "node:fs";

let online = { text: "", cpus: [] as number[] };
let possible: number | undefined;

/** Returns the numbers of the CPUs that are online, ascending. */
export function onlineCpus(): number[] {
  // Programs ask again and again, to follow CPUs that come and go.
  const text = readFileSync("/sys/devices/system/cpu/online", "utf8");
  if (text !== online.text) online = { text, cpus: parseCpuList(text) };
  return [...online.cpus];
}

/** Returns how many CPUs could ever be online: the length of every per-CPU map value. */
export function possibleCpuCount(): number {
  possible ??= parseCpuList(readFileSync("/sys/devices/system/cpu/possible", "utf8")).length;
  return possible;
}

/**
 * Parses the kernel's CPU lists: "0-3,8,10-11" is [0, 1, 2, 3, 8, 10, 11]; an empty list is [].
 *
 * @throws {RangeError} for any other text
 */
export function parseCpuList(text: string): number[] {
  const list = text.trim();
  if (list === "") return [];
  return list.split(",").flatMap((range) => {
    const match = /^(\d+)(?:-(\d+))?$/.exec(range);
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first) throw new RangeError(`"${range}" is no CPU or range of CPUs`);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
