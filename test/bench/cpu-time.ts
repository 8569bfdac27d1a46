import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** The kernel's unit of utime and stime for user space: USER_HZ. */
const TICKS_A_SECOND = 100;
const BPF_STATS = "/proc/sys/kernel/bpf_stats_enabled";

/** CPU seconds that a process has used so far, user and system, all its threads; to 10 ms. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // the first is field 3 of proc(5)
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** CPU seconds that this process has used so far. */
export function ownCpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** Lets the kernel measure BPF programs until the returned function is called, or this process ends by itself. */
export function measureBpfPrograms(): () => void {
  const before = readFileSync(BPF_STATS, "utf8");
  const restore = () => writeFileSync(BPF_STATS, before);
  process.on("exit", restore);
  writeFileSync(BPF_STATS, "1");
  return () => {
    process.off("exit", restore);
    restore();
  };
}

/** Seconds that the BPF programs of a process have run, by the descriptors that it holds. */
export function bpfSecondsOf(pid: number): number {
  const folder = `/proc/${pid}/fdinfo`;
  const byProgram = new Map<string, number>();
  for (const fd of readdirSync(folder)) {
    const info = readFileSync(`${folder}/${fd}`, "utf8");
    const id = /^prog_id:\s*(\d+)/m.exec(info)?.[1];
    const ns = /^run_time_ns:\s*(\d+)/m.exec(info)?.[1];
    if (id !== undefined && ns !== undefined) byProgram.set(id, Number(ns) / 1e9);
  }
  return [...byProgram.values()].reduce((sum, seconds) => sum + seconds, 0);
}
