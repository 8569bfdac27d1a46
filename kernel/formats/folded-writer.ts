import type { ProfileData } from "../dataframe/profile-data.js";

export interface FoldedOptions {
  /** Marks each kernel frame with `_[k]`, as BCC's `profile -a` does. */
  annotations?: boolean;
  /** A frame `-` between the user and the kernel part, as BCC's `profile -d` has it. */
  delimited?: boolean;
  /** Begins each stack with the thread's name, as BCC and stackcollapse-perf do. */
  comm?: boolean;
}

/** Folded stacks, one a line: frames joined by `;`, root first, and the number of samples; sorted. */
export function writeFolded(data: ProfileData, options: FoldedOptions = {}): string {
  const { samples, stacks, threads } = data;
  const folded = new Map<number, string>();
  const totals = new Map<string, number>();
  for (let i = 0; i < samples.stack.length; i++) {
    const stack = samples.stack[i];
    let text = folded.get(stack);
    if (text === undefined) {
      const frames = stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1]);
      text = foldedFrames(data, frames, options).join(";");
      folded.set(stack, text);
    }
    const key = options.comm
      ? [clean(threads.comm[samples.thread[i]]), text].filter(Boolean).join(";")
      : text;
    totals.set(key, (totals.get(key) ?? 0) + (samples.count ? samples.count[i] : 1));
  }
  const lines = Array.from(totals, ([stack, count]) => `${stack} ${count}\n`);
  return lines.sort().join("");
}

function foldedFrames({ frames }: ProfileData, rows: Int32Array, options: FoldedOptions): string[] {
  const texts: string[] = [];
  let wasUser = false;
  for (const row of rows) {
    const isKernel = frames.kind[row] === "kernel";
    if (options.delimited && isKernel && wasUser) texts.push("-");
    wasUser = !isKernel;
    texts.push(clean(frames.name[row]) + (options.annotations && isKernel ? "_[k]" : ""));
  }
  return texts;
}

/** A name that cannot be mistaken for two, or for two lines. */
function clean(name: string): string {
  return name.replaceAll(";", ":").replace(/[\r\n]/g, " ");
}
