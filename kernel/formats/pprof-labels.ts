import type { PprofTables } from "./pprof-tables.js";
import type { Field } from "./protobuf-reader.js";

/** What is known of a sample by its labels. */
export interface SampleLabels {
  pid: number;
  tid: number;
  process: string;
  comm: string;
  cpu: number;
  end?: string;
  /** Since the profile's start. */
  atMs?: number;
  add(label: Field): void;
}

/** Keys by which profilers name the thread that was sampled. */
const KEYS: Record<string, "pid" | "tid" | "process" | "comm" | "cpu" | "end" | "time"> = {
  pid: "pid",
  process_id: "pid",
  "process id": "pid",
  tid: "tid",
  thread_id: "tid",
  "thread id": "tid",
  process: "process",
  process_name: "process",
  "process name": "process",
  comm: "comm",
  thread: "comm",
  thread_name: "comm",
  "thread name": "comm",
  thread_comm: "comm",
  cpu: "cpu",
  end: "end",
  end_timestamp_ns: "time",
};

/** Reads labels of samples; those that are no column are named in a note. */
export function labelReader(
  { reader, timeNanos, fail }: PprofTables,
  text: (row: number, at: number) => string,
  program: string,
  asked: string | undefined,
): { sample(): SampleLabels; notes(): string[] } {
  const others = new Set<string>();
  const read = (label: Field): { key: string; value: string; number: Field | undefined } => {
    if (!label.isBytes) fail(label.at, "expected a label");
    let [key, value] = ["", ""];
    let number: Field | undefined;
    for (const field of reader.fields(label.start, label.end)) {
      if (field.number === 1) key = text(field.value, field.at);
      else if (field.number === 2) value = text(field.value, field.at);
      else if (field.number === 3) number = field;
    }
    return { key, value: value || String(number?.value ?? ""), number };
  };
  const sample = (): SampleLabels => {
    const found: SampleLabels = {
      pid: -1,
      tid: -1,
      process: program,
      comm: program,
      cpu: -1,
      add(label) {
        const { key, value, number } = read(label);
        if (key === asked) found.comm = value;
        const column = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
        if (column === undefined) others.add(key);
        else if (column === "time") found.atMs = Number((number?.bigint() ?? 0n) - timeNanos) / 1e6;
        else if (column === "process" || column === "end") found[column] = value;
        else if (column === "comm") found.comm = asked === undefined ? value : found.comm;
        else found[column] = idOf(value);
      },
    };
    return found;
  };
  const notes = () => {
    if (others.size === 0) return [];
    const keys = Array.from(others).sort().slice(0, 20).join(", ");
    return [`Samples have labels that are no columns: ${keys}; { label } puts one in the column comm.`];
  };
  return { sample, notes };
}

/** An id of a process, a thread or a CPU, which may be written as text. */
function idOf(value: string): number {
  return /^\d{1,10}$/.test(value) && Number(value) < 2 ** 31 ? Number(value) : -1;
}
