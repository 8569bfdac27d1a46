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

/** Code of a JIT by absolute address, from a jitdump file; where pieces overlap, the one written last counts. */
export class JitDump {
  private constructor(
    private readonly ranges: DisjointRanges,
    private readonly code: readonly JitCode[],
  ) {}

  /** Pieces of code. */
  get size(): number {
    return this.code.length;
  }

  /** Reads what there is; undefined when it is no jitdump file. What is damaged ends the reading. */
  static read(file: OpenFile): JitDump | undefined {
    const header = file.read(0, HEADER_BYTES);
    if (header.length < HEADER_BYTES) return undefined;
    const view = new DataView(header.buffer);
    // Written in the byte order of the machine that the JIT ran on.
    const isLittle = view.getUint32(0, true) === MAGIC;
    if (!isLittle && view.getUint32(0, false) !== MAGIC) return undefined;
    const pieces = new Pieces();
    readRecords(new RecordReader(file, view.getUint32(8, isLittle), isLittle), pieces);
    const { starts, ends, code } = pieces;
    return new JitDump(new DisjointRanges(Float64Array.from(starts), Float64Array.from(ends)), code);
  }

  find(address: AbsoluteAddress): JitCode | undefined {
    const piece = this.ranges.find(address);
    return piece < 0 ? undefined : this.code[piece];
  }
}

class Pieces {
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly code: JitCode[] = [];
  /** Where code with an index is now. */
  readonly #byIndex = new Map<number, JitCode>();

  get isFull(): boolean {
    return this.code.length >= MAX_CODE_PIECES;
  }

  add(start: number, size: number, index: number, code: JitCode): void {
    if (size <= 0 || !Number.isSafeInteger(start + size)) return;
    this.starts.push(start);
    this.ends.push(start + size);
    this.code.push(code);
    this.#byIndex.set(index, code);
  }

  move(index: number, start: number, size: number): void {
    const code = this.#byIndex.get(index);
    if (code) this.add(start, size, index, code);
  }
}

function readRecords(reader: RecordReader, pieces: Pieces): void {
  // Line tables come before the code that they belong to.
  const places = new Map<number, { file: string; line: number }>();
  for (let record = 0; record < MAX_RECORDS && !pieces.isFull && reader.need(PREFIX_BYTES); record++) {
    const id = reader.u32(0);
    const bytes = reader.u32(4);
    if (bytes < PREFIX_BYTES || id === CLOSE) return;
    if (id === LOAD && bytes >= PREFIX_BYTES + LOAD_BYTES && reader.need(PREFIX_BYTES + LOAD_BYTES)) {
      const start = reader.u64(PREFIX_BYTES + 16);
      const name = reader.text(
        PREFIX_BYTES + LOAD_BYTES,
        Math.min(bytes, PREFIX_BYTES + LOAD_BYTES + MAX_NAME_BYTES),
      );
      const code = { name: printable(name), ...places.get(start) };
      places.delete(start);
      pieces.add(start, reader.u64(PREFIX_BYTES + 24), reader.u64(PREFIX_BYTES + 32), code);
    } else if (id === MOVE && bytes >= PREFIX_BYTES + MOVE_BYTES && reader.need(PREFIX_BYTES + MOVE_BYTES)) {
      pieces.move(
        reader.u64(PREFIX_BYTES + 40),
        reader.u64(PREFIX_BYTES + 24),
        reader.u64(PREFIX_BYTES + 32),
      );
    } else if (id === DEBUG_INFO && bytes > PREFIX_BYTES + 16 + LINE_ENTRY_BYTES) {
      readPlace(reader, bytes, places);
    }
    reader.skip(bytes);
  }
}

/** Takes the first entry of a line table: address, line, discriminator, file name. */
function readPlace(
  reader: RecordReader,
  bytes: number,
  places: Map<number, { file: string; line: number }>,
): void {
  const entry = PREFIX_BYTES + 16;
  if (!reader.need(entry + LINE_ENTRY_BYTES)) return;
  const file = reader.text(
    entry + LINE_ENTRY_BYTES,
    Math.min(bytes, entry + LINE_ENTRY_BYTES + MAX_NAME_BYTES),
  );
  const line = reader.u32(entry + 8);
  if (file === "" || file === SAME_FILE || line === 0 || line > 0x7fffffff) return;
  places.set(reader.u64(PREFIX_BYTES), { file: printable(file), line });
}
