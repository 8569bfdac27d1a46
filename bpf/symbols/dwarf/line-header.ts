import type { ByteReader } from "./byte-reader.js";
import * as dw from "./constants.js";
import type { Entries, Unit } from "./entries.js";
import { type Encoding, type FormValue, readForm } from "./forms.js";
import { readInitialLength } from "./unit-header.js";

/** The header of a line number program; offsets are those in `.debug_line`. */
export interface LineHeader extends Encoding {
  /** Where the program begins, and where it ends. */
  program: number;
  end: number;
  instructionLength: number;
  lineBase: number;
  lineRange: number;
  /** How many operands each standard opcode has; the first special opcode is behind the last of them. */
  operands: number[];
  directories: FormValue[];
  files: SourceFile[];
}

interface SourceFile {
  name: FormValue;
  directory: number;
}

/** Most directories and most files of a header. */
const MAX_PATHS = 1 << 16;

/** Most headers of larger programs have more than a few hundred bytes. */
const LIKELY_HEADER_BYTES = 1 << 12;

/** Longest path, in characters. */
const MAX_PATH_LENGTH = 8192;

/** Reads the header of a unit's program, whose address size is used where the header has none. */
export function readLineHeader(entries: Entries, unit: Unit): LineHeader | undefined {
  if (unit.lines === undefined) return undefined;
  const section = entries.sections.get("line");
  const header = section.parse(
    unit.lines,
    (reader) => parseHeader(reader, unit.addressSize),
    LIKELY_HEADER_BYTES,
  );
  return header && header.end <= section.size && header.program <= header.end ? header : undefined;
}

function parseHeader(reader: ByteReader, unitAddressSize: number): LineHeader | undefined {
  const { length, is64 } = readInitialLength(reader);
  const end = reader.offset + length;
  const version = reader.u16();
  if (!reader.failed && (version < 2 || version > 5)) return undefined;
  const addressSize = version >= 5 ? reader.u8() : unitAddressSize;
  if (version >= 5) reader.skip(1); // The size of segment selectors.
  const headerLength = reader.sectionOffset(is64);
  const program = reader.offset + headerLength;
  const instructionLength = reader.u8();
  if (version >= 4) reader.skip(1); // Operations of an instruction: more than one only on machines not known here.
  reader.skip(1); // Whether rows begin as statements, which a lookup by address does not ask.
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodes = reader.u8();
  const operands = [0];
  while (operands.length < opcodes && !reader.failed) operands.push(reader.u8());
  const encoding = { version, is64, addressSize };
  const paths = version >= 5 ? readPaths(reader, encoding) : readOldPaths(reader);
  return { ...encoding, program, end, instructionLength, lineBase, lineRange, operands, ...paths };
}

/** The tables of DWARF 2 to 4, whose strings stand in them. */
function readOldPaths(reader: ByteReader) {
  const directories: FormValue[] = [];
  const files: SourceFile[] = [];
  const text = (): FormValue | undefined => {
    const raw = reader.offset;
    reader.skipString();
    return reader.failed || reader.offset === raw + 1 ? undefined : { form: dw.DW_FORM_string, raw };
  };
  while (directories.length < MAX_PATHS) {
    const name = text();
    if (!name) break;
    directories.push(name);
  }
  while (files.length < MAX_PATHS) {
    const name = text();
    if (!name) break;
    files.push({ name, directory: reader.uleb() });
    reader.skipLeb(); // Time of modification.
    reader.skipLeb(); // Size.
  }
  return { directories, files };
}

/** The tables of DWARF 5, which describe their own columns. */
function readPaths(reader: ByteReader, encoding: Encoding) {
  const directories = readPathTable(reader, encoding).map((file) => file.name);
  return { directories, files: readPathTable(reader, encoding) };
}

function readPathTable(reader: ByteReader, encoding: Encoding): SourceFile[] {
  const columns: [type: number, form: number][] = [];
  for (let left = reader.u8(); left > 0 && !reader.failed; left--)
    columns.push([reader.uleb(), reader.uleb()]);
  const count = Math.min(reader.uleb(), MAX_PATHS);
  const rows: SourceFile[] = [];
  while (rows.length < count && !reader.failed) {
    const row: SourceFile = { name: { form: 0, raw: 0 }, directory: 0 };
    for (const [type, form] of columns) {
      const value = readForm(reader, form, encoding, 0);
      if (type === dw.DW_LNCT_path) row.name = value;
      else if (type === dw.DW_LNCT_directory_index) row.directory = value.raw;
    }
    rows.push(row);
  }
  return rows;
}

/** Gives the path of a file by its number in the program; relative only where nothing says to what. */
export function filePath(
  entries: Entries,
  unit: Unit,
  header: LineHeader,
  number: number,
): string | undefined {
  // DWARF 5 counts files and directories from 0; before, from 1, with directory 0 being the unit's own.
  const first = header.version >= 5 ? 0 : 1;
  const file = header.files[number - first];
  if (!file) return undefined;
  const text = (value: FormValue | undefined) =>
    value && entries.string(unit, value, value.form === dw.DW_FORM_string ? "line" : "info");
  let path = text(file.name);
  if (!path) return undefined;
  const directory = text(header.directories[file.directory - first]);
  const own = unit.directory && entries.string(unit, unit.directory);
  for (const before of [directory, own]) {
    if (before && !path.startsWith("/")) path = before.endsWith("/") ? before + path : `${before}/${path}`;
  }
  return path.slice(0, MAX_PATH_LENGTH);
}
