import { readFileSync, writeFileSync } from "node:fs";

/** What work gives, and the most memory that it has beyond what this process had before it, with what V8 has not collected. */
export function withPeak<T>(work: () => T): { result: T; peakBytes: number } {
  writeFileSync("/proc/self/clear_refs", "5"); // the peak is what there is now (Documentation/filesystems/proc.rst)
  const before = residentPeakBytes();
  const result = work();
  return { result, peakBytes: residentPeakBytes() - before };
}

function residentPeakBytes(): number {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "latin1"))?.[1]);
}
