import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** How perf finds the callers: by frame pointers (`-g`), or by a copy of the stack that it unwinds afterwards. */
export type PerfCallGraph = "fp" | "dwarf";

/** What `perf record` got of a process, and what it used. */
export interface PerfRecording {
  samples: number;
  lost: number;
  /** User and system time of `perf record`, with what it reads and writes around the window. */
  recordSeconds: number;
  /** User and system time of `perf script`, which names the addresses, without and with inlined frames. */
  scriptSeconds: number;
  scriptInlinedSeconds: number;
  /** Size of perf.data. */
  bytes: number;
}

/** Pages of perf's buffer for each CPU: with its default it loses copies of stacks. */
const BUFFER_PAGES: Record<PerfCallGraph, string[]> = { fp: [], dwarf: ["-m", "4096"] };

/** Runs `perf record -e cpu-clock` on a process for a time, and reads what it wrote with `perf script`. */
export async function perfRecord(
  pid: number,
  frequencyHz: number,
  seconds: number,
  callGraph: PerfCallGraph = "fp",
): Promise<PerfRecording> {
  const folder = mkdtempSync(join(tmpdir(), "proflab-perf-"));
  const file = join(folder, "perf.data");
  const event = ["-e", "cpu-clock", "-F", String(frequencyHz), "--call-graph", callGraph, "--no-bpf-event"];
  try {
    const record = await timed([
      "perf",
      "record",
      "-q",
      ...event,
      ...BUFFER_PAGES[callGraph],
      "-p",
      String(pid),
      "-o",
      file,
      "--",
      "sleep",
      String(seconds),
    ]);
    const fields = ["-F", "comm,tid,time,ip,sym", "--show-lost-events"];
    const script = await timed(["perf", "script", "-i", file, ...fields, "--no-inline"]);
    // Only a recording of stacks that are whole is worth the time.
    const inlined = callGraph === "dwarf" ? await timed(["perf", "script", "-i", file, ...fields]) : script;
    const stats = await timed(["perf", "report", "--stats", "-i", file]);
    let lost = 0;
    for (const [, count] of script.output.matchAll(/PERF_RECORD_LOST(?:_SAMPLES)?\b.*?lost (\d+)/g))
      lost += Number(count);
    return {
      samples: Number(/^\s+SAMPLE events:\s+(\d+)/m.exec(stats.output)?.[1] ?? 0),
      lost,
      recordSeconds: record.cpuSeconds,
      scriptSeconds: script.cpuSeconds,
      scriptInlinedSeconds: inlined.cpuSeconds,
      bytes: statSync(file).size,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Output and CPU seconds (to 1 ms) of a command and its children; they end with this process. */
export async function timed(command: readonly string[]): Promise<{ output: string; cpuSeconds: number }> {
  const script = 'TIMEFORMAT="cpu %3U %3S"; time "$@"';
  const child = spawn("bash", ["-c", script, "timed", ...command], {
    detached: true, // a group of its own, to be ended as one
    stdio: ["ignore", "pipe", "pipe"],
  });
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, "SIGTERM");
  };
  process.on("exit", end);
  try {
    const texts = { output: "", errors: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      texts.output += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      texts.errors += text;
    });
    const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    const cpu = /^cpu ([\d.]+) ([\d.]+)$/m.exec(texts.errors);
    if (code !== 0 || cpu === null)
      throw new Error(`${command.join(" ")} ended with ${code}: ${texts.errors}`);
    return { output: texts.output, cpuSeconds: Number(cpu[1]) + Number(cpu[2]) };
  } finally {
    process.off("exit", end);
  }
}
