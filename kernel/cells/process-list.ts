import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

/** What Node.js calls its first thread from 24 on, and Linux then the process: it tells nobody which one it is. */
const NODE_MAIN_THREAD = "MainThread";

/** A running process. */
export interface ProcessEntry {
  pid: number;
  name: string;
  /** Clock ticks of CPU time since it began. */
  cpuTicks: number;
}

/** Processes with a program (not those of the Linux kernel), the one that used most CPU time first. */
export function runningProcesses(): ProcessEntry[] {
  const found: ProcessEntry[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    try {
      // pid (name) state ppid … : a name may hold anything, brackets too.
      const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
      const end = stat.lastIndexOf(")");
      const fields = stat.slice(end + 2).split(" ");
      const [user, system] = [Number(fields[11]), Number(fields[12])];
      const isKernelThread = fields[1] === "2" || pid === 2;
      if (isKernelThread) continue;
      const name = stat.slice(stat.indexOf("(") + 1, end);
      const shown = name === NODE_MAIN_THREAD ? programName(pid) || name : name;
      found.push({ pid, name: shown, cpuTicks: user + system });
    } catch {
      // it ended meanwhile
    }
  }
  return found.sort((a, b) => b.cpuTicks - a.cpuTicks);
}

/** The file name of the program, as it was started. */
function programName(pid: number): string {
  const [program] = readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
  return basename(program);
}
