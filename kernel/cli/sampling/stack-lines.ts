import type { ProfileData } from "../../dataframe/profile-data.js";

/** How stacks are printed, by the options of BCC's `profile`. */
export interface StackStyle {
  /** One line a stack, root first, for flame graphs. */
  folded: boolean;
  /** A line `--`, or a frame `-`, between the kernel's part and the user's. */
  delimited: boolean;
  /** `_[k]` behind the names of the Linux kernel's functions. */
  annotated: boolean;
}

interface Row {
  comm: string;
  pid: number;
  /** Row of `data.stacks`. */
  stack: number;
  count: number;
}

/** The stacks of a profile as BCC's `profile` prints them: one entry a process, thread's name and stack, rarest first. */
export function stackText(data: ProfileData, style: StackStyle): string {
  const entry = style.folded ? foldedLine : stackBlock;
  return rows(data)
    .map((row) => entry(data, row, style))
    .join("");
}

function rows({ samples, threads }: ProfileData): Row[] {
  const found = new Map<string, Row>();
  for (const [i, thread] of samples.thread.entries()) {
    const stack = samples.stack[i];
    const [pid, comm] = [threads.pid[thread], threads.comm[thread]];
    const key = `${stack} ${pid} ${comm}`;
    const row = found.get(key) ?? { comm, pid, stack, count: 0 };
    row.count++;
    found.set(key, row);
  }
  return [...found.values()].sort((a, b) => a.count - b.count);
}

/** Names of both parts of a stack, each root first. */
function parts({ stacks, frames }: ProfileData, stack: number, annotated: boolean) {
  const user: string[] = [];
  const kernel: string[] = [];
  for (const frame of stacks.frames.subarray(stacks.offsets[stack], stacks.offsets[stack + 1])) {
    const name = frames.name[frame];
    if (frames.kind[frame] === "kernel") kernel.push(annotated ? `${name}_[k]` : name);
    else user.push(name);
  }
  return { user, kernel, hasBoth: user.length > 0 && kernel.length > 0 };
}

function foldedLine(data: ProfileData, { comm, stack, count }: Row, style: StackStyle): string {
  const { user, kernel, hasBoth } = parts(data, stack, style.annotated);
  const line = [comm, ...user, ...(style.delimited && hasBoth ? ["-"] : []), ...kernel];
  return `${line.map((name) => name.replaceAll(";", ":")).join(";")} ${count}\n`;
}

function stackBlock(data: ProfileData, { comm, pid, stack, count }: Row, style: StackStyle): string {
  const { user, kernel, hasBoth } = parts(data, stack, style.annotated);
  const names = [...kernel.reverse(), ...(style.delimited && hasBoth ? ["--"] : []), ...user.reverse()];
  const lines = [...names, `${"-".padEnd(16)} ${comm} (${pid})`, `    ${count}`];
  return `${lines.map((line) => `    ${line}\n`).join("")}\n`;
}
