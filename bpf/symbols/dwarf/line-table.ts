import { ByteReader } from "./byte-reader.js";
import * as dw from "./constants.js";
import type { DebugSection } from "./debug-section.js";
import { IntervalTable } from "./interval-table.js";
import type { LineHeader } from "./line-header.js";
import { LineRows } from "./line-rows.js";

/** Longest program that is run. */
const MAX_PROGRAM_BYTES = 32 << 20;

/** Extended opcodes (0) and the standard ones that change what a row has; operands of others are stepped over. */
const FOLLOWED: ReadonlySet<number> = new Set([
  0,
  dw.DW_LNS_copy,
  dw.DW_LNS_advance_pc,
  dw.DW_LNS_advance_line,
  dw.DW_LNS_set_file,
  dw.DW_LNS_const_add_pc,
  dw.DW_LNS_fixed_advance_pc,
]);

/** From which line each instruction of a unit comes. */
export class LineTable {
  readonly #sequences = new IntervalTable();
  readonly #firstRows: number[] = [];
  readonly #rows: LineRows;

  private constructor(lowestCode: number) {
    this.#rows = new LineRows(lowestCode);
  }

  /** Runs a line number program; what is damaged ends it, and what it said before stays. */
  static run(section: DebugSection, header: LineHeader, lowestCode: number): LineTable {
    const table = new LineTable(lowestCode);
    table.#run(section, header);
    table.#sequences.sort();
    table.#rows.trim();
    return table;
  }

  get sizeBytes(): number {
    return this.#sequences.sizeBytes + this.#firstRows.length * 8 + this.#rows.sizeBytes;
  }

  /** Gives the file's number and the line of an address; line 0 stands for code that comes from none. */
  at(address: number): { file: number; line: number } | undefined {
    const [sequence] = this.#sequences.at(address);
    if (sequence === undefined) return undefined;
    const owner = this.#sequences.owners[sequence];
    const end = this.#firstRows[owner + 1] ?? this.#rows.count;
    const row = this.#rows.lastAt(this.#firstRows[owner], end, address - this.#sequences.starts[sequence]);
    return row < 0 ? undefined : { file: this.#rows.files[row], line: this.#rows.lines[row] };
  }

  #run(section: DebugSection, header: LineHeader): void {
    const length = Math.min(header.end - header.program, MAX_PROGRAM_BYTES);
    const reader = new ByteReader(section.bytes(header.program, length), header.program);
    const { instructionLength, lineBase, lineRange, operands } = header;
    const firstSpecial = Math.max(operands.length, 1);
    const perOpcode = (opcode: number) =>
      lineRange > 0 ? Math.floor((opcode - firstSpecial) / lineRange) * instructionLength : 0;
    // Most opcodes are special: what each of them does is in tables.
    const advances = Float64Array.from({ length: 256 }, (_, opcode) => perOpcode(opcode));
    const steps = Int32Array.from({ length: 256 }, (_, opcode) =>
      lineRange > 0 ? lineBase + ((opcode - firstSpecial) % lineRange) : 0,
    );
    const isIgnored = Uint8Array.from({ length: firstSpecial }, (_, opcode) => Number(!FOLLOWED.has(opcode)));
    const rows = this.#rows;
    const { bytes, end } = reader;
    let address = 0;
    let file = 1;
    let line = 1;
    while (reader.position < end && !rows.isFull) {
      // Nearly all is done here, with variables and without calls: a unit is run once, and hardly compiled before.
      let opcode = 0;
      let at = reader.position;
      while (at < end) {
        opcode = bytes[at++];
        if (opcode >= firstSpecial) {
          address += advances[opcode];
          line += steps[opcode];
          rows.push(address, file, line);
        } else if (opcode === dw.DW_LNS_copy) {
          rows.push(address, file, line);
        } else if (isIgnored[opcode] === 1) {
          for (let left = operands[opcode]; left > 0 && at < end; ) if (bytes[at++] < 0x80) left--;
        } else break;
        opcode = -1;
      }
      reader.position = at;
      switch (opcode) {
        case 0: {
          const size = reader.uleb();
          const next = reader.offset + size;
          const extended = size > 0 ? reader.u8() : 0;
          if (extended === dw.DW_LNE_set_address) address = reader.unsigned(Math.min(size - 1, 8));
          if (extended === dw.DW_LNE_end_sequence) {
            const start = rows.end();
            if (address > start) {
              this.#firstRows.push(rows.firstOfSequence);
              this.#sequences.push(start, address, this.#firstRows.length - 1);
            }
            address = 0;
            file = 1;
            line = 1;
          }
          reader.seek(next);
          break;
        }
        case dw.DW_LNS_advance_pc:
          address += reader.uleb() * instructionLength;
          break;
        case dw.DW_LNS_advance_line:
          line += reader.sleb();
          break;
        case dw.DW_LNS_set_file:
          file = reader.uleb();
          break;
        case dw.DW_LNS_const_add_pc:
          address += perOpcode(255);
          break;
        case dw.DW_LNS_fixed_advance_pc:
          address += reader.u16();
          break;
      }
    }
  }
}
