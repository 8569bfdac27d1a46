import type { ProfileData } from "../dataframe/profile-data.js";
import { FormatError, type FormatSource } from "./format-error.js";
import { ProfileBuilder } from "./profile-builder.js";
import { readMeta } from "./read-meta.js";
import { textLines } from "./text-lines.js";

export interface FoldedReadOptions {
  /** The first frame of each stack is the thread's name, as BCC and stackcollapse-perf write it. */
  comm?: boolean;
}

const FORMAT = "folded";
/** What FlameGraph's scripts add to a name about its code. */
const ANNOTATIONS = { "_[k]": "kernel", "_[j]": "jit", "_[i]": "inlined" } as const;

/** Reads folded stacks: `frame;frame count` a line, root first. Throws a FormatError that names the line. */
export function readFolded({ file, bytes }: FormatSource, options: FoldedReadOptions = {}): ProfileData {
  let line = 0;
  const fail = (problem: string): never => {
    throw new FormatError(file, FORMAT, `line ${line}`, problem);
  };
  const builder = new ProfileBuilder(bytes.length, (limit) => fail(`expected ${limit}`));
  for (const { text, line: number } of textLines(bytes)) {
    line = number;
    if (text.trim() === "" || text.startsWith("#")) continue;
    const space = text.trimEnd().lastIndexOf(" ");
    const count = Number(text.slice(space + 1));
    if (space < 0 || !/^\s*\d+(\.\d+)?\s*$/.test(text.slice(space + 1)) || count > Number.MAX_SAFE_INTEGER)
      fail(`expected "frame;frame count", got ${JSON.stringify(text.slice(0, 80))}`);
    if (count === 0) continue;
    const names = text.slice(0, space).trimEnd().split(";");
    const comm = options.comm ? (names.shift() ?? "") : "";
    const frames = names.length === 1 && names[0] === "" ? [] : framesOf(names, builder);
    builder.sample({
      thread: builder.thread(-1, -1, comm, comm),
      stack: builder.stack(frames),
      weight: count,
      count,
    });
  }
  const { samples } = builder;
  return builder.build(readMeta({ file, format: FORMAT, event: "samples", unit: "samples", samples }));
}

function framesOf(names: string[], builder: ProfileBuilder): number[] {
  const delimiter = names.indexOf("-");
  return names.flatMap((text, i) => {
    if (text === "-") return [];
    const annotation = text.slice(-4);
    const isAnnotated = Object.hasOwn(ANNOTATIONS, annotation);
    const marked = isAnnotated ? ANNOTATIONS[annotation as keyof typeof ANNOTATIONS] : "user";
    const kind = delimiter >= 0 && i > delimiter ? "kernel" : marked;
    const module = kind === "kernel" ? "[kernel]" : kind === "jit" ? "[jit]" : "";
    const name = isAnnotated ? text.slice(0, -4) : text;
    return [builder.frame({ name, module, kind, file: null, line: null, column: null })];
  });
}
