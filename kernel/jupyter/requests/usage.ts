import { readFileSync } from "node:fs";
import { availableParallelism, freemem, hostname, totalmem } from "node:os";
import type { Handler } from "../session.js";

/** `usage_request`: what JupyterLab's panel "Kernel usage" asks each few seconds. */
export function usageHandler(): Handler {
  let last = { cpu: process.cpuUsage(), ms: performance.now() };
  return ({ reply }) => {
    const now = { cpu: process.cpuUsage(), ms: performance.now() };
    const busyUs = now.cpu.user + now.cpu.system - last.cpu.user - last.cpu.system;
    const kernel_cpu = busyUs / 10 / Math.max(1, now.ms - last.ms); // per cent of one CPU
    last = now;
    const total = totalmem();
    const available = availableBytes() ?? freemem();
    reply({
      hostname: hostname(),
      pid: process.pid,
      kernel_cpu: Math.round(kernel_cpu * 10) / 10,
      kernel_memory: process.memoryUsage.rss(),
      cpu_count: availableParallelism(),
      host_virtual_memory: {
        total,
        available,
        percent: Math.round((1 - available / total) * 1000) / 10,
        used: total - available,
        free: freemem(),
      },
    });
  };
}

function availableBytes(): number | undefined {
  try {
    const found = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"));
    return found ? Number(found[1]) * 1024 : undefined;
  } catch {
    return undefined;
  }
}
