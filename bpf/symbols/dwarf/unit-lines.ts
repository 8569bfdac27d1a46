import { printable } from "../symbol-name.js";
import * as dw from "./constants.js";
import type { Entries, Unit } from "./entries.js";
import type { FunctionName } from "./function-names.js";
import { FunctionTable } from "./function-table.js";
import { filePath, type LineHeader, readLineHeader } from "./line-header.js";
import { LineTable } from "./line-table.js";

/** Rough bytes of a name that is remembered, and of a file or directory of a header. */
const NAME_BYTES = 400;
const PATH_BYTES = 120;

/** A place in the source; without a line where the compiler gave none. */
export interface SourceLine {
  file?: string;
  line?: number;
}

/** What was parsed of one unit: each part when it is first asked for. */
export class UnitLines {
  /** Whether the unit was not asked yet. */
  isNew = true;
  readonly #names = new Map<number, FunctionName>();
  readonly #calls = new Map<number, SourceLine>();
  readonly #files = new Map<number, string | undefined>();
  #functions?: FunctionTable;
  #header?: LineHeader | null;
  #lines?: LineTable;

  constructor(
    private readonly entries: Entries,
    readonly unit: Unit,
    private readonly lowestCode: number,
  ) {}

  get sizeBytes(): number {
    const paths = this.#header ? this.#header.files.length + this.#header.directories.length : 0;
    return (
      1000 +
      (this.#functions?.sizeBytes ?? 0) +
      (this.#lines?.sizeBytes ?? 0) +
      (this.#names.size + this.#calls.size + this.#files.size) * NAME_BYTES +
      paths * PATH_BYTES
    );
  }

  get functions(): FunctionTable {
    this.#functions ??= FunctionTable.parse(this.entries, this.unit, this.lowestCode);
    return this.#functions;
  }

  /** Gives the place from which an instruction comes. */
  lineAt(address: number): SourceLine | undefined {
    const header = this.#lineHeader();
    if (!header) return undefined;
    this.#lines ??= LineTable.run(this.entries.sections.get("line"), header, this.lowestCode);
    const found = this.#lines.at(address);
    return found && this.#place(found.file, found.line);
  }

  /** Gives the place of the call that was replaced by an inlined function, given by its entry. */
  callSite(offset: number): SourceLine {
    let place = this.#calls.get(offset);
    if (!place) {
      const values = this.entries.read(this.unit, offset)?.values;
      place = this.#place(values?.get(dw.DW_AT_call_file)?.raw, values?.get(dw.DW_AT_call_line)?.raw);
      this.#calls.set(offset, place);
    }
    return place;
  }

  /** Gives what is remembered of a function's name, or asks for it. */
  nameOf(offset: number, ask: () => FunctionName): FunctionName {
    let name = this.#names.get(offset);
    if (!name) {
      name = ask();
      this.#names.set(offset, name);
    }
    return name;
  }

  #place(file: number | undefined, line: number | undefined): SourceLine {
    const path = file === undefined ? undefined : this.#path(file);
    return { ...(path ? { file: path } : {}), ...(line ? { line } : {}) };
  }

  #path(number: number): string | undefined {
    const header = this.#lineHeader();
    if (!header) return undefined;
    if (!this.#files.has(number)) {
      const path = filePath(this.entries, this.unit, header, number);
      this.#files.set(number, path && printable(path));
    }
    return this.#files.get(number);
  }

  #lineHeader(): LineHeader | undefined {
    this.#header ??= readLineHeader(this.entries, this.unit) ?? null;
    return this.#header ?? undefined;
  }
}
