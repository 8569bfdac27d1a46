/** The line with which a sample begins. */
export interface SampleHead {
  comm: string;
  pid: number;
  tid: number;
  cpu: number;
  /** Undefined where the time was not printed. */
  timeNs: number | undefined;
  period: number | undefined;
  /** `""` where it was not printed. */
  event: string;
  /** What follows the event: the only frame, or what a tracepoint says. */
  rest: string;
}

/** A frame's line. */
export interface ScriptFrame {
  address: string;
  name: string;
  /** `""` where it was not printed; `inlined` for an inlined function. */
  module: string;
}

/** Letters of a thread's name; Linux keeps 15, and perf pads them to 16 at least. */
const COMM = "(\\S.{0,63}?)";
const IDS = "(-?\\d+)(?:\\/(-?\\d+))?";
const REST = "(?:(\\d+)\\s+)?(\\S{1,256}?):(?:\\s+(.*))?";
/** With a time, a name may have spaces and numbers in it; without, the first number is the id. */
const TIMED = new RegExp(`^\\s*${COMM}\\s+${IDS}\\s+(?:\\[(\\d+)\\]\\s+)?(\\d+)\\.(\\d+):\\s+${REST}$`, "s");
const UNTIMED = new RegExp(`^\\s*${COMM}\\s+${IDS}\\s+(?:\\[(\\d+)\\]\\s+)?()()${REST}$`, "s");
const BARE = new RegExp(`^\\s*${COMM}\\s+${IDS}(?:\\s+\\[(\\d+)\\])?(?:\\s+(\\d+)\\.(\\d+):)?\\s*$`, "s");
/** What is matched of a line: no name and no event is longer, and no line can take long. */
const MAX_HEAD = 4096;

/** The head of a sample, if the line is one; `timed` only takes those that say a time. */
export function sampleHead(line: string, { timed = false } = {}): SampleHead | undefined {
  const text = line.slice(0, MAX_HEAD);
  const match = TIMED.exec(text) ?? (timed ? null : (UNTIMED.exec(text) ?? BARE.exec(text)));
  if (!match) return undefined;
  const [, comm, first, second, cpu, whole, fraction, period, event = "", rest = ""] = match;
  const hasTime = whole !== undefined && whole !== "";
  return {
    comm,
    pid: second === undefined ? -1 : id(first),
    tid: id(second ?? first),
    cpu: cpu === undefined ? -1 : id(cpu),
    timeNs: hasTime ? Number(whole) * 1e9 + Number(fraction.padEnd(9, "0").slice(0, 9)) : undefined,
    period: period === undefined ? undefined : Number(period),
    event,
    rest: rest + line.slice(MAX_HEAD),
  };
}

/** A line `address name+offset (module)`, if it is one. */
export function scriptFrame(line: string): ScriptFrame | undefined {
  const text = line.trim();
  const space = text.search(/\s/);
  const address = space < 0 ? text : text.slice(0, space);
  if (!/^[0-9a-f]{1,16}$/.test(address)) return undefined;
  const rest = space < 0 ? "" : text.slice(space).trim();
  const open = rest.endsWith(")") ? openingBracket(rest) : -1;
  const isModule = open === 0 || (open > 0 && rest[open - 1] === " ");
  const name = (isModule ? rest.slice(0, open) : rest).trim().replace(/\+0x[0-9a-f]{1,16}$/, "");
  return { address, name: name || "[unknown]", module: isModule ? rest.slice(open + 1, -1) : "" };
}

/** Where the bracket opens that the text ends with: a module may have brackets in it, as in `(/memfd:x (deleted))`. */
function openingBracket(text: string): number {
  let depth = 0;
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === ")") depth++;
    else if (text[at] === "(" && --depth === 0) return at;
  }
  return -1;
}

function id(text: string): number {
  const value = Number(text);
  return value >= 0 && value < 2 ** 31 ? value : -1;
}
