import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A sample of `perf record --call-graph dwarf`. */
export interface PerfStack {
  /** Names joined by `;`, root first, as `ProfileFrame` has them. */
  readonly text: string;
  readonly samples: number;
}

/** Records a process with `perf record --call-graph dwarf` for some seconds and reads each sample's stack. */
export async function perfDwarf(pid: number, frequencyHz: number, seconds: number): Promise<PerfStack[]> {
  const folder = mkdtempSync(join(tmpdir(), "proflab-perf-"));
  const file = join(folder, "perf.data");
  try {
    const event = ["-e", "cpu-clock", "-F", String(frequencyHz), "--call-graph", "dwarf,16384", "-m", "4096"];
    const options = ["record", "-q", ...event, "-p", String(pid), "-o", file, "--", "sleep", String(seconds)];
    const record = spawn("perf", options, { stdio: "ignore" });
    const code = await new Promise((resolve, reject) => record.once("error", reject).once("exit", resolve));
    if (code !== 0) throw new Error(`perf record ended with ${code}`);
    const script = ["script", "-i", file, "-F", "comm,ip,sym", "--no-inline"];
    return parse(execFileSync("perf", script, { encoding: "utf8", maxBuffer: 1 << 30, stdio: "pipe" }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Samples are divided by empty lines: the thread's name, then `address name` from the innermost frame outwards. */
function parse(output: string): PerfStack[] {
  return output
    .split("\n\n")
    .map((block) => block.split("\n").filter((line) => /^\s+[0-9a-f]+ /.test(line)))
    .filter((frames) => frames.length > 0)
    .map((frames) => ({
      text: frames
        .map((line) =>
          line
            .trim()
            .replace(/^[0-9a-f]+ /, "")
            .replaceAll(";", ":"),
        )
        .reverse()
        .join(";"),
      samples: 1,
    }));
}
