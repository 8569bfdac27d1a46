import type { ProfileData } from "../dataframe/profile-data.js";
import { MAX_TEXT, tooLong } from "./long-text.js";

/** What other formats call the time on a CPU, for which perf has one name whose period is nanoseconds. */
const CLOCKS = new Set(["cpu", "time", "wall-clock"]);

/**
 * The text that `perf script` prints, with pid and tid, a block a sample, leaf first: what flame-graph scripts,
 * FlameScope, speedscope and the Firefox Profiler take. Addresses are 0, because a profile keeps names.
 *
 * Throws a RangeError when that is over 512 MiB.
 */
export function writePerfScript(data: ProfileData): string {
  const { meta, samples, threads } = data;
  const stacks = new Map<string, string>();
  const event = CLOCKS.has(meta.event) ? "cpu-clock" : clean(meta.event) || "samples";
  const blocks: string[] = [];
  let length = 0;
  for (let i = 0; i < samples.stack.length; i++) {
    const count = samples.count ? Math.round(samples.count[i]) : 1;
    const thread = samples.thread[i];
    const [pid, tid] = [threads.pid[thread], threads.tid[thread]];
    const key = `${pid}:${samples.stack[i]}`;
    const stack = stacks.get(key) ?? stackText(data, samples.stack[i], pid);
    stacks.set(key, stack);
    const cpu = samples.cpu[i] >= 0 ? ` [${String(samples.cpu[i]).padStart(3, "0")}]` : "";
    const at = samples.atMs[i] >= 0 ? ` ${seconds(meta.window.startNs + samples.atMs[i] * 1e6)}:` : "";
    const period = Math.round(samples.weight[i] / Math.max(1, count));
    const head = `${clean(threads.comm[thread]) || "?"} ${pid}/${tid}${cpu}${at} ${period} ${event}: \n`;
    const block = `${head}${stack}\n`;
    length += count * block.length;
    if (length > MAX_TEXT) throw tooLong("toPerfScript");
    for (let n = 0; n < count; n++) blocks.push(block);
  }
  return blocks.join("");
}

function stackText({ frames, stacks }: ProfileData, stack: number, pid: number): string {
  const lines: string[] = [];
  for (let at = stacks.offsets[stack + 1] - 1; at >= stacks.offsets[stack]; at--) {
    const row = stacks.frames[at];
    const kind = frames.kind[row];
    const module = clean(frames.module[row]) || "[unknown]";
    const file =
      kind === "inlined"
        ? "inlined"
        : kind === "jit" && pid >= 0
          ? `/tmp/perf-${pid}.map`
          : kernelName(module);
    lines.push(`\t${"0".padStart(16)} ${named(frames.name[row])} (${file})\n`);
  }
  return lines.join("");
}

/** With an offset, as perf has it: readers take one off, and a name may end with what looks like one. */
function named(name: string): string {
  const text = clean(name);
  return text === "" || text === "[unknown]" ? "[unknown]" : `${text}+0x0`;
}

function kernelName(module: string): string {
  return module === "[kernel]" ? "[kernel.kallsyms]" : module;
}

/** Nanoseconds as seconds with all digits, which a number of seconds would not keep. */
function seconds(ns: number): string {
  const whole = Math.floor(ns / 1e9);
  return `${whole}.${String(Math.floor(ns - whole * 1e9)).padStart(9, "0")}`;
}

function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a line must stay one line
  return text.replace(/[\u0000-\u001f\u007f]/g, " ").trim();
}
