import { readdirSync, readFileSync } from "node:fs";

/** PF_KTHREAD, include/linux/sched.h */
const PF_KTHREAD = 0x0020_0000;

/** The processes that live, without kernel threads, those that used most CPU time first. */
export function processesByCpuTime(): number[] {
  const found: { pid: number; ticks: number }[] = [];
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const fields = statFields(pid);
    // state, ppid, …: flags is the 9th of stat and the 7th here, utime and stime the 14th and 15th.
    if (fields === undefined || Number(fields[6]) & PF_KTHREAD) continue;
    found.push({ pid, ticks: Number(fields[11]) + Number(fields[12]) });
  }
  return found.sort((a, b) => b.ticks - a.ticks).map(({ pid }) => pid);
}

/** Whether all threads of a process have ended. */
export function hasEnded(pid: number): boolean {
  const fields = statFields(pid);
  if (fields === undefined) return true;
  const [state, threads] = [fields[0], Number(fields[17])];
  return (state === "Z" || state === "X") && threads <= 1;
}

/** The process that a thread belongs to. */
export function processOfThread(tid: number): number | undefined {
  const status = readText(`/proc/${tid}/status`);
  const pid = Number(/^Tgid:\s*(\d+)$/m.exec(status ?? "")?.[1]);
  return Number.isInteger(pid) ? pid : undefined;
}

/** Fields of /proc/PID/stat from the state on; the name before it can be anything. */
function statFields(pid: number): string[] | undefined {
  const text = readText(`/proc/${pid}/stat`);
  return text?.slice(text.lastIndexOf(")") + 2).split(" ");
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
