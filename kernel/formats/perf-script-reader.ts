import type { ProfileData } from "../dataframe/profile-data.js";
import { codeOfModule } from "./code-kind.js";
import { FormatError, type FormatSource } from "./format-error.js";
import { type SampleHead, type ScriptFrame, sampleHead, scriptFrame } from "./perf-script-lines.js";
import { MAX_DEPTH, type NewFrame, ProfileBuilder } from "./profile-builder.js";
import { readMeta } from "./read-meta.js";
import { textLines } from "./text-lines.js";

export interface PerfScriptOptions {
  /** Which of several events counts: `cycles`. Without it the one with the most samples. */
  sampleType?: string;
}

const FORMAT = "perf";
/** What `perf script` prints of records that are no samples, such as --show-task-events. */
const RECORD = / PERF_RECORD_[A-Z]/;
/** Events that count nanoseconds. */
const CLOCK = /^(cpu|task)-clock(:|$)/;

type PlacedFrame = ScriptFrame & { readonly file?: string; readonly line?: number };

interface Sample {
  head: SampleHead;
  /** Leaf first. */
  frames: PlacedFrame[];
}

/** Frames by their lines: a few lines make up most of a file, and equal ones share one object. */
type ParsedFrames = Map<string, ScriptFrame | undefined>;

/** Reads what `perf script` printed, of any event and with any header. Throws a FormatError that names the line. */
export function readPerfScript(
  { file, bytes }: FormatSource,
  { sampleType }: PerfScriptOptions = {},
): ProfileData {
  let line = 0;
  const fail = (problem: string): never => {
    throw new FormatError(file, FORMAT, `line ${line}`, problem);
  };
  const header: Record<string, string> = {};
  const dropped: Record<string, number> = {};
  const samples: Sample[] = [];
  let open: Sample | undefined;
  const parsed: ParsedFrames = new Map();
  for (const { text, line: number } of textLines(bytes)) {
    line = number;
    if (text.startsWith("#")) {
      const [, name, value] = /^# ([\w ]{1,40}?)\s*:\s(.*)$/.exec(text) ?? [];
      if (name !== undefined && !(name in header)) header[name] = value;
    } else if (text.trim() === "") open = undefined;
    else if (!text.startsWith("\t") && RECORD.test(text)) {
      const lost = / PERF_RECORD_LOST\w*\s+lost\s+(\d{1,15})/.exec(text);
      if (lost) dropped.perf = (dropped.perf ?? 0) + Number(lost[1]);
      open = undefined;
    } else {
      const timed = text.startsWith("\t") ? undefined : sampleHead(text, { timed: true });
      if (!timed && open && addLine(open, text, parsed)) {
        if (open.frames.length > MAX_DEPTH) fail(`expected at most ${MAX_DEPTH} frames in a stack`);
        continue;
      }
      const head = timed ?? sampleHead(text);
      if (!head)
        return fail(`expected a sample, a frame or an empty line, got ${JSON.stringify(text.slice(0, 80))}`);
      const only = scriptFrame(head.rest);
      open = { head, frames: only && only.module !== "" ? [only] : [] };
      samples.push(open);
    }
  }

  const { event, others } = chosenEvent(samples, sampleType, fail);
  const chosen = samples.filter(({ head }) => head.event === event);
  const isClock = CLOCK.test(event) && chosen.every(({ head }) => head.period !== undefined);
  const startNs = chosen.reduce(
    (least, { head }) => Math.min(least, head.timeNs ?? 0),
    chosen[0]?.head.timeNs ?? 0,
  );
  const endNs = chosen.reduce((most, { head }) => Math.max(most, head.timeNs ?? 0), startNs);
  const processes = new Map(
    samples.filter(({ head }) => head.pid === head.tid).map(({ head }) => [head.pid, head.comm]),
  );
  const builder = new ProfileBuilder(bytes.length, (limit) => fail(`expected ${limit}`));
  const framesOf = frameRows(builder);
  for (const { head, frames } of chosen) {
    const process = processes.get(head.pid) ?? head.comm;
    builder.sample({
      atMs: head.timeNs === undefined ? Number.NaN : (head.timeNs - startNs) / 1e6,
      cpu: head.cpu,
      thread: builder.thread(head.pid, head.tid, process, head.comm),
      stack: builder.stack(framesOf(frames)),
      weight: Math.min(head.period ?? 1, Number.MAX_SAFE_INTEGER),
    });
  }
  const periods = new Set(chosen.map(({ head }) => head.period));
  const name = event.replace(/:[a-zA-Z]*$/, "");
  return builder.build(
    readMeta({
      file,
      format: FORMAT,
      event: name || "samples",
      unit: isClock ? "nanoseconds" : CLOCK.test(event) || event === "" ? "samples" : event,
      period: periods.size === 1 ? (chosen[0].head.period ?? 1) : 0,
      samples: builder.samples,
      startNs,
      durationMs: (endNs - startNs) / 1e6,
      startedAtMs: Date.parse(header["captured on"] ?? "") || 0,
      host: {
        kernel: header["os release"] ?? "",
        machine: header.arch ?? "",
        cpuModel: header.cpudesc ?? "",
      },
      dropped,
      notes:
        others.length > 0
          ? [
              `These are samples of ${event}; the file also has ${others.join(", ")}: choose by { sampleType }.`,
            ]
          : [],
    }),
  );
}

/** A frame, or the place in its source that `perf script -F +srcline` prints below it. */
function addLine({ frames }: Sample, text: string, parsed: ParsedFrames): boolean {
  let frame = parsed.get(text);
  if (frame === undefined && /^\s/.test(text)) {
    frame = scriptFrame(text);
    parsed.set(text, frame);
  }
  if (frame) {
    frames.push(frame);
    return true;
  }
  const place = /^\s+(\S.{0,4096}?|)(?::(\d{1,9})|\[[0-9a-f]+\])( \(inlined\))?$/.exec(text.slice(0, 5000));
  let last = frames.at(-1);
  if (!place || !last) return false;
  // Then what says that a function is inlined stands behind its place.
  if (place[3]) last = { ...last, module: "inlined" };
  // What is not known is `??:0`, or `:0` of code without a file.
  if (Number(place[2]) > 0 && place[1] !== "" && place[1] !== "??")
    last = { ...last, file: place[1], line: Number(place[2]) };
  frames[frames.length - 1] = last;
  return true;
}

/** The event asked for, by its name with or without modifiers, else the most frequent. */
function chosenEvent(
  samples: readonly Sample[],
  asked: string | undefined,
  fail: (problem: string) => never,
) {
  const counts = new Map<string, number>();
  for (const { head } of samples) counts.set(head.event, (counts.get(head.event) ?? 0) + 1);
  const names = Array.from(counts.keys()).sort((a, b) => counts.get(b)! - counts.get(a)!);
  const found =
    asked === undefined
      ? (names[0] ?? "")
      : names.find((name) => name === asked || name.startsWith(`${asked}:`));
  if (found === undefined) return fail(`expected sampleType to be one of ${names.join(", ")}, got ${asked}`);
  return { event: found, others: names.filter((name) => name !== found) };
}

/** Gives rows of frames, root first. An inlined function is in the module of the frame that it is inlined into. */
function frameRows(builder: ProfileBuilder): (frames: readonly PlacedFrame[]) => number[] {
  const known = new Map<PlacedFrame, number>();
  return (frames) => {
    const rows: number[] = [];
    let around = "";
    for (let i = frames.length - 1; i >= 0; i--) {
      const frame = frames[i];
      if (frame.module !== "inlined") around = frame.module;
      const row = known.get(frame) ?? builder.frame(newFrame(frame, around));
      if (frame.module !== "inlined") known.set(frame, row);
      rows.push(row);
    }
    return rows;
  };
}

function newFrame(frame: PlacedFrame, around: string): NewFrame {
  const { module, kind } = codeOfModule(around);
  const { address, name, module: path, file = null, line = null } = frame;
  const isKernel = kind === "kernel" || /^ffff[0-9a-f]{12}$/.test(address);
  return {
    name,
    module: isKernel && (module === "" || module === "[unknown]") ? "[kernel]" : module,
    kind: path === "inlined" ? "inlined" : isKernel ? "kernel" : kind,
    file,
    line,
    column: null,
  };
}
