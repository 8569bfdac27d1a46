import { type FileHandle, mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** One cell as it is kept. */
export interface HistoryRecord {
  line: number;
  input: string;
  /** Text of its result, where it had one. */
  output?: string;
}

/** Older sessions are removed beyond these. */
const MAX_SESSIONS = 1000;
const MAX_TOTAL_BYTES = 32 << 20;
/** A session writes no more than this. */
const MAX_SESSION_BYTES = 4 << 20;

const FULL =
  `this session's history has reached ${MAX_SESSION_BYTES >> 20} MiB; from here on cells are not kept on disk. ` +
  "PROFLAB_HISTORY=0 keeps none of any session.";

const FILE_NAME = /^(\d{1,12})\.jsonl$/;

/**
 * Cells of all sessions in a folder, one file of JSON lines a session, readable by this user only.
 *
 * A kernel writes its own file and no other, and its number is the first one whose file it could make: any number of kernels
 * may write at once.
 */
export class HistoryFiles {
  readonly #folder: string;
  #file: FileHandle | undefined;
  #bytes = 0;

  /** @param folder is made when the first cell is written */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Begins a session, and removes the oldest ones that are too many. @returns its number @throws when the folder cannot be written */
  async begin(): Promise<number> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const numbers = await this.sessions();
    for (let number = (numbers.at(-1) ?? 0) + 1; ; number++) {
      try {
        this.#file = await open(this.#path(number), "ax", 0o600);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") continue;
        throw error;
      }
      await this.#prune(numbers);
      return number;
    }
  }

  /** Writes one line of the session that was begun, unless that is full, which is said once. */
  async append(record: Partial<HistoryRecord> & { line: number }): Promise<void> {
    const text = `${JSON.stringify(record)}\n`;
    const isFirstLeftOut = this.#bytes <= MAX_SESSION_BYTES;
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes <= MAX_SESSION_BYTES) await this.#file?.appendFile(text);
    else if (isFirstLeftOut) process.stderr.write(`proflab: ${FULL}\n`);
  }

  /** Ends the session that was begun. */
  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }

  /** Numbers of the sessions on disk, oldest first. */
  async sessions(): Promise<number[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names
      .map((name) => Number(FILE_NAME.exec(name)?.[1]))
      .filter((number) => number > 0)
      .sort((a, b) => a - b);
  }

  /** Cells of a session, in the order in which they ran; none when it is not there. A damaged line is passed over. */
  async read(session: number): Promise<HistoryRecord[]> {
    const text = await readFile(this.#path(session), "utf8").catch(() => "");
    const records = new Map<number, HistoryRecord>();
    for (const line of text.split("\n")) {
      const found = parsed(line);
      if (!found) continue;
      const known = records.get(found.line);
      if (known) known.output = found.output;
      else if (found.input !== undefined) records.set(found.line, found as HistoryRecord);
    }
    return [...records.values()];
  }

  #path(session: number): string {
    return join(this.#folder, `${session}.jsonl`);
  }

  async #prune(numbers: readonly number[]): Promise<void> {
    let bytes = 0;
    for (const [i, number] of [...numbers].reverse().entries()) {
      bytes += (await stat(this.#path(number)).catch(() => undefined))?.size ?? 0;
      if (i < MAX_SESSIONS - 1 && bytes <= MAX_TOTAL_BYTES) continue;
      await rm(this.#path(number), { force: true });
    }
  }
}

/** `$XDG_STATE_HOME/proflab/history`; undefined when `PROFLAB_HISTORY=0` asks to keep nothing. */
export function historyFolder(environment = process.env): string | undefined {
  if (environment.PROFLAB_HISTORY === "0") return undefined;
  const state = environment.XDG_STATE_HOME;
  // The specification of these variables has a relative path ignored.
  return join(state?.startsWith("/") ? state : join(homedir(), ".local/state"), "proflab/history");
}

function parsed(line: string): (Partial<HistoryRecord> & { line: number }) | undefined {
  try {
    const found = JSON.parse(line);
    const isInput = found.input === undefined || typeof found.input === "string";
    return Number.isInteger(found.line) && isInput ? found : undefined;
  } catch {
    return undefined; // empty, or cut by a crash
  }
}
