import type { ProfileFrame } from "../../kernel/index.js";

/** Where a whole stack begins: the program's start, a thread's, or what a runtime begins a stack of its own with. */
const ROOT =
  /^(?:_start|main|__libc_start_main(?:@.*)?|(?:__)?clone3?|start_thread|runtime\.(?:goexit|mstart|mcall|morestack|rt0_go|asmcgocall)(?:\.abi0)?)$/;
/** The names before the one that is known: a stripped program's own `_start`, the C library's helpers of a thread. */
const ROOT_FRAMES = 3;
const WORST_SHOWN = 5;

/** A distinct stack of a profile. */
export interface CountedStack {
  /** Names joined by `;`, root first. */
  readonly text: string;
  readonly end: string;
  readonly samples: number;
  readonly comm: string;
}

export function countedStacks(frame: ProfileFrame): CountedStack[] {
  const column = <T>(name: string) => frame[name].values as T[];
  const [text, end, samples, comm] = [
    column<string>("stack"),
    column<string>("end"),
    column<number>("samples"),
    column<string>("comm"),
  ];
  return text.map((stack, row) => ({ text: stack, end: end[row], samples: samples[row], comm: comm[row] }));
}

/** The stack says that it is complete, and what is outermost in it bears this out. */
export function isWhole(stack: CountedStack): boolean {
  const outermost = stack.text.split(";", ROOT_FRAMES);
  return stack.end === "complete" && outermost.some((name) => ROOT.test(name));
}

export function sum(stacks: readonly CountedStack[]): number {
  return stacks.reduce((total, { samples }) => total + samples, 0);
}

/** The most frequent of these stacks as text, each with its end and the module of its outermost frame. */
export function worst(frame: ProfileFrame, stacks: readonly CountedStack[]): string {
  const modules = new Map<string, string>();
  const frames = frame.table("frames");
  const [names, files] = [frames["name"].values as string[], frames["module"].values as string[]];
  for (const [row, name] of names.entries()) modules.set(name, files[row]);
  const byEnd = new Map<string, CountedStack[]>();
  for (const stack of stacks) {
    const key = `${stack.end} in ${modules.get(stack.text.split(";", 1)[0]) ?? "?"}`;
    byEnd.set(key, [...(byEnd.get(key) ?? []), stack]);
  }
  const groups = [...byEnd].sort(([, a], [, b]) => sum(b) - sum(a)).slice(0, WORST_SHOWN);
  return groups
    .map(([key, members]) => {
      const examples = members.sort((a, b) => b.samples - a.samples).slice(0, 3);
      return [`${sum(members)} × ${key}`, ...examples.map((s) => `    ${s.samples} × ${s.text}`)].join("\n");
    })
    .join("\n");
}
