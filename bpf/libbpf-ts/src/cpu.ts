import { readFileSync } from "node:fs";

/** Returns the numbers of the CPUs that are online, ascending. */
export const onlineCpus = (): number[] =>
  parseCpuList(readFileSync("/sys/devices/system/cpu/online", "utf8"));

/** Returns how many CPUs could ever be online: the length of every per-CPU map value. */
export const possibleCpuCount = (): number =>
  parseCpuList(readFileSync("/sys/devices/system/cpu/possible", "utf8")).length;

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
