import type { AbsoluteAddress } from "./address.js";
import { DisjointRanges } from "./disjoint-ranges.js";
import type { OpenFile } from "./open-file.js";
import { RecordReader } from "./record-reader.js";
import { printable } from "./symbol-name.js";

/** Most records looked at, and most pieces of code taken, from one file. */
const MAX_RECORDS = 1 << 20;
export const MAX_CODE_PIECES = 1 << 18;
/** Longest name, in bytes; longer ones are cut. */
const MAX_NAME_BYTES = 4096;

/** Layouts: tools/perf/Documentation/jitdump-specification.txt */
const MAGIC = 0x4a695444;
const HEADER_BYTES = 40;
const PREFIX_BYTES = 16;
const LOAD = 0;
const MOVE = 1;
const DEBUG_INFO = 2;
const CLOSE = 3;
const LOAD_BYTES = 40;
const MOVE_BYTES = 48;
const LINE_ENTRY_BYTES = 16;
/** The byte ff stands for the file of the entry before. */
const SAME_FILE = "\ufffd";

/** A piece of code that a JIT made. */
export interface JitCode {
  /** As the JIT wrote it. */
  name: string;
  /** Source file and the line of the code's beginning. */
  file?: string;
  line?: number;
}

/** A text in the file, or less: it ends with a zero. */
interface Place {
  at: number;
  bytes: number;
}

/** What is known of a piece of code: where its name is, and the first entry of its line table. */
interface Piece {
  name: Place;
  entry?: Place;
}

/**
 * Code of a JIT by absolute address, from a jitdump file; where pieces overlap, the one written last counts.
 *
 * Names stay in the file until they are asked for: a file can have a gigabyte of them.
 */
export class JitDump {
  private constructor(
    private readonly file: OpenFile,
    private readonly isLittle: boolean,
    private readonly ranges: DisjointRanges,
    private readonly pieces: readonly Piece[],
  ) {}

  /** Pieces of code. */
  get size(): number {
    return this.pieces.length;
  }

  /**
   * Reads what there is, and takes the file over; undefined when it is no jitdump file, which is closed. What is damaged
   * ends the reading.
   */
  static read(file: OpenFile): JitDump | undefined {
    const header = file.read(0, HEADER_BYTES);
    const view = new DataView(header.buffer, 0, header.length);
    // Written in the byte order of the machine that the JIT ran on.
    const isLittle = header.length === HEADER_BYTES && view.getUint32(0, true) === MAGIC;
    if (!isLittle && (header.length < HEADER_BYTES || view.getUint32(0, false) !== MAGIC)) {
      file.close();
      return undefined;
    }
    const pieces = new Pieces();
    readRecords(new RecordReader(file, view.getUint32(8, isLittle), isLittle), pieces);
    const { starts, ends, all } = pieces;
    return new JitDump(
      file,
      isLittle,
      new DisjointRanges(Float64Array.from(starts), Float64Array.from(ends)),
      all,
    );
  }

  find(address: AbsoluteAddress): JitCode | undefined {
    const piece = this.pieces[this.ranges.find(address)];
    return piece && { name: this.#text(piece.name), ...(piece.entry && this.#source(piece.entry)) };
  }

  close(): void {
    this.file.close();
  }

  #text({ at, bytes }: Place): string {
    const text = this.file.read(at, Math.min(bytes, MAX_NAME_BYTES));
    const zero = text.indexOf(0);
    return printable(Buffer.from(text.buffer, 0, zero < 0 ? text.length : zero).toString("utf8"));
  }

  /** Reads an entry of a line table: address, line, discriminator, file name. */
  #source({ at, bytes }: Place): { file: string; line: number } | undefined {
    const entry = this.file.read(at, LINE_ENTRY_BYTES);
    if (entry.length < LINE_ENTRY_BYTES) return undefined;
    const line = new DataView(entry.buffer).getUint32(8, this.isLittle);
    const file = this.#text({ at: at + LINE_ENTRY_BYTES, bytes: bytes - LINE_ENTRY_BYTES });
    return file === "" || file === SAME_FILE || line === 0 || line > 0x7fffffff ? undefined : { file, line };
  }
}

class Pieces {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly all: Piece[] = [];
  /** Where code with an index is now. */
  readonly #byIndex = new Map<number, Piece>();

  get isFull(): boolean {
    return this.all.length >= MAX_CODE_PIECES;
  }

  add(start: number, size: number, index: number, piece: Piece): void {
    if (size <= 0 || !Number.isSafeInteger(start + size)) return;
    this.starts.push(start);
    this.ends.push(start + size);
    this.all.push(piece);
    this.#byIndex.set(index, piece);
  }

  move(index: number, start: number, size: number): void {
    const piece = this.#byIndex.get(index);
    if (piece) this.add(start, size, index, piece);
  }
}

function readRecords(reader: RecordReader, pieces: Pieces): void {
  // Line tables come before the code that they belong to.
  const entries = new Map<number, Place>();
  for (let record = 0; record < MAX_RECORDS && !pieces.isFull && reader.need(PREFIX_BYTES); record++) {
    const id = reader.u32(0);
    const bytes = reader.u32(4);
    if (bytes < PREFIX_BYTES || id === CLOSE) return;
    if (id === LOAD && bytes >= PREFIX_BYTES + LOAD_BYTES && reader.need(PREFIX_BYTES + LOAD_BYTES)) {
      const start = reader.u64(PREFIX_BYTES + 16);
      const name = reader.place(PREFIX_BYTES + LOAD_BYTES, bytes);
      const entry = entries.get(start);
      entries.delete(start);
      const [size, index] = [reader.u64(PREFIX_BYTES + 24), reader.u64(PREFIX_BYTES + 32)];
      pieces.add(start, size, index, entry === undefined ? { name } : { name, entry });
    } else if (id === MOVE && bytes >= PREFIX_BYTES + MOVE_BYTES && reader.need(PREFIX_BYTES + MOVE_BYTES)) {
      pieces.move(
        reader.u64(PREFIX_BYTES + 40),
        reader.u64(PREFIX_BYTES + 24),
        reader.u64(PREFIX_BYTES + 32),
      );
    } else if (
      id === DEBUG_INFO &&
      bytes > PREFIX_BYTES + 16 + LINE_ENTRY_BYTES &&
      reader.need(PREFIX_BYTES + 16)
    ) {
      entries.set(reader.u64(PREFIX_BYTES), reader.place(PREFIX_BYTES + 16, bytes));
    }
    reader.skip(bytes);
  }
}
