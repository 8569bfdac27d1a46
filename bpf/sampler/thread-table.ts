import { printable } from "../symbols/symbol-name.js";
import { COMM_BYTES, SAMPLE } from "./layout.js";

export interface ThreadRow {
  pid: number;
  tid: number;
  /** Name of the thread group's leader. */
  process: string;
  comm: string;
}

const NAME_WORDS = (2 * COMM_BYTES) >> 2;
const NAMES_AT = SAMPLE.comm >> 2;

/** Interns (pid, tid, names): a thread that renames itself, or a reused id, is a new row. */
export class ThreadTable {
  readonly rows: ThreadRow[] = [];
  #names: Uint32Array[] = [];
  /** Rows of each thread id. */
  #byTid = new Map<number, number[]>();

  /** Row of the thread in the record that starts at word `at`. */
  intern(record: Uint32Array, at: number, bytes: Uint8Array): number {
    const tid = record[at + (SAMPLE.tid >> 2)];
    let rows = this.#byTid.get(tid);
    if (rows === undefined) {
      rows = [];
      this.#byTid.set(tid, rows);
    }
    const names = at + NAMES_AT;
    const pid = record[at + (SAMPLE.pid >> 2)];
    for (const row of rows)
      if (this.rows[row].pid === pid && sameWords(this.#names[row], record, names)) return row;
    const row = this.rows.length;
    this.rows.push({
      pid,
      tid,
      process: text(bytes, at * 4 + SAMPLE.process),
      comm: text(bytes, at * 4 + SAMPLE.comm),
    });
    this.#names.push(record.slice(names, names + NAME_WORDS));
    rows.push(row);
    return row;
  }
}

function sameWords(known: Uint32Array, record: Uint32Array, at: number): boolean {
  for (let i = 0; i < NAME_WORDS; i++) if (known[i] !== record[at + i]) return false;
  return true;
}

/** A name up to its first zero, printable; names are any bytes, and any process chooses its own. */
function text(bytes: Uint8Array, at: number): string {
  const field = bytes.subarray(at, at + COMM_BYTES);
  const end = field.indexOf(0);
  return printable(new TextDecoder().decode(field.slice(0, end < 0 ? COMM_BYTES : end)));
}
