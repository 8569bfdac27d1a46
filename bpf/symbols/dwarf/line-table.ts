import { ByteReader } from "./byte-reader.js";
import * as dw from "./constants.js";
import type { DebugSection } from "./debug-section.js";
import { IntervalTable } from "./interval-table.js";
import type { LineHeader } from "./line-header.js";
import { LineRows } from "./line-rows.js";

/** Longest program that is run. */
const MAX_PROGRAM_BYTES = 32 << 20;

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
    const rows = this.#rows;
    let address = 0;
    let file = 1;
    let line = 1;
    while (!reader.atEnd && !rows.isFull) {
      const opcode = reader.u8();
      if (opcode >= firstSpecial) {
        address += advances[opcode];
        line += steps[opcode];
        rows.push(address, file, line);
        continue;
      }
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
        case dw.DW_LNS_copy:
          rows.push(address, file, line);
          break;
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
        default:
          for (let left = operands[opcode]; left > 0; left--) reader.skipLeb();
      }
    }
  }
}
