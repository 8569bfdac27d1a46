import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Converter } from "tslab/dist/converter.js";
import ts from "typescript";
import {
  type Compilation,
  type Completeness,
  type Completions,
  cellFileName,
  cellLabel,
  type Inspection,
} from "./compilation.js";
import { completeness } from "./completeness.js";
import { completions } from "./completion.js";
import { withNamespaces, withoutUnassigned } from "./declarations.js";
import { diagnosticsError } from "./diagnostics.js";
import { giveMemoryBack } from "./give-memory-back.js";
import { bundledTypes, PRELUDE } from "./globals.js";
import { inspection } from "./inspection.js";
import { parseMagic } from "./magic.js";
import { completeMagic, inspectMagic, magicCompleteness, withoutMagic } from "./magic-help.js";
import { loadTslab } from "./tslab.js";
import { typeCheckOf } from "./type-check.js";
import { createShim, type ShimSettings } from "./typescript-shim.js";
import { withoutExports } from "./without-exports.js";

/** One for all compilers of the process, as tslab has one TypeScript. */
const settings: ShimSettings = {
  directory: "/",
  modules: {},
  typesDirectory: typesDirectory(),
  typeCheck: "on",
};
const shim = createShim(settings);
const { createConverter, getCodeMetadata } = loadTslab(shim.typescript);

/**
 * Translates cells, and answers questions about their text, with tslab's converter on stock TypeScript.
 *
 * Each cell is checked against the declarations of the cells that ran before it.
 */
export class Compiler {
  #converter: Converter | undefined;
  /** What cells so far declare, as the text of a declaration file. */
  #declarations = PRELUDE;
  /** Grows with each cell that declares something. */
  #revision = 0;
  /** Columns of the frames that are alive, by variable. */
  #columns: ReadonlyMap<string, readonly string[]> = new Map();
  /** Declarations after the cell that was compiled last, until it is known how it ended. */
  #next: { number: number; declarations: string } | undefined;

  /** @param directory where modules and `.ts` files are looked for */
  constructor(directory = process.cwd()) {
    settings.directory = directory;
    settings.modules = modulesFor(directory);
    settings.typeCheck = typeCheckOf(process.env.PROFLAB_TYPE_CHECK);
  }

  /** Translates a cell. Its declarations count for later cells once {@link commit} says that it ran. */
  compile(typed: string, number: number): Compilation {
    const source = typed.replace(/^\ufeff|\r(?=\n)/g, ""); // of a file of Windows
    const parsed = parseMagic(source);
    if (parsed && "error" in parsed) return parsed;
    const { magic, code } = parsed ?? { code: source };
    const metadata = getCodeMetadata(code);
    const [fileName, label] = [cellFileName(number), cellLabel(number)];
    const { emitted } = shim;
    emitted.clear();
    if (magic?.kind === "bash") return { cell: { ...NOTHING, number, fileName, source, magic } };
    if (metadata.module) {
      const found = this.#use((converter) => converter.addModule(metadata.module!, code, metadata));
      const textOf = (name: string) =>
        name.replace(/\.tsx?$/, "") === metadata.module ? code : besideText(name);
      if (found.length > 0) return { error: diagnosticsError(label, source, found, textOf) };
      return { cell: { ...NOTHING, number, fileName, source } };
    }
    const result = this.#use((converter) => converter.convert(this.#given(), withoutExports(code)));
    if (result.diagnostics.length > 0)
      return { error: diagnosticsError(label, source, result.diagnostics, besideText) };
    const sideFiles = (result.sideOutputs ?? []).map(({ path, data }) => ({ ...emitted.get(data)!, path }));
    const file = emitted.get(result.output!)!;
    let declarations = withNamespaces(result.declOutput ?? "", this.#declarations, file.declares);
    declarations += shim.blockDeclarations();
    let { declares } = file;
    if (declares.length > 0) this.#revision++;
    if (magic?.kind === "profile" && magic.name !== undefined) {
      declarations = withoutUnassigned(declarations, "", [magic.name]) + frameDeclaration(magic.name);
      declares = [...declares, magic.name];
    }
    this.#next = { number, declarations };
    return { cell: { ...file, declares, number, fileName, source, magic, sideFiles } };
  }

  /**
   * Makes the declarations of cell `number` visible to later cells.
   *
   * @param unassigned names that the cell declares and, as it failed, never reached
   * @param columns names of the columns of the notebook's frames, by variable
   * @returns all that cells declared so far
   */
  commit(
    number: number,
    unassigned: readonly string[] = [],
    columns?: Readonly<Record<string, readonly string[]>>,
  ): string {
    if (columns) this.#columns = new Map(Object.entries(columns));
    if (this.#next?.number !== number) return this.#declarations;
    const { declarations } = this.#next;
    this.#declarations =
      unassigned.length > 0 ? withoutUnassigned(declarations, this.#declarations, unassigned) : declarations;
    this.#next = undefined;
    return this.#declarations;
  }

  /** Takes up where another compiler ended. @param declarations what its last commit returned */
  restore(declarations: string): void {
    this.#declarations = declarations;
  }

  /** Names that may stand at `cursor`. */
  complete(source: string, cursor: number): Completions {
    const magic = completeMagic(source, cursor, () => this.#profileOptions());
    if (magic) return magic;
    const code = withoutMagic(source);
    const found = this.#use((converter) => converter.complete(this.#given(), code, cursor));
    return completions(code, cursor, found, this.#columns);
  }

  /** What is known of the name at `cursor`, or of the function whose arguments the cursor is in. */
  inspect(source: string, cursor: number): Inspection | undefined {
    const magic = inspectMagic(source, cursor);
    if (magic) return magic;
    const code = withoutMagic(source);
    return inspection(code, cursor, (position) =>
      this.#use((converter) => converter.inspect(this.#given(), code, position)),
    );
  }

  /** Does, while nobody waits, what the next request will need if the cell that was compiled last ends well. */
  prepare(): void {
    if (this.#converter) this.#use(() => shim.prepare(this.#given(this.#next?.declarations)));
  }

  /**
   * The declarations as the converter gets them. It cuts what a cell declares anew out of their syntax tree, and takes that
   * for the tree of the same text next time: so the text is another one.
   */
  #given(declarations = this.#declarations): string {
    return `${declarations}//${this.#revision}\n`;
  }

  /** For a time in which nobody asks. */
  rest(): void {
    giveMemoryBack(true); // trees and checkers that went leave their pages half empty
  }

  isComplete(code: string): Completeness {
    return magicCompleteness(code) ?? completeness(code);
  }

  /** Options of profile() that make sense where the cell is the window. */
  #profileOptions(): string[] {
    const code = "profile(() => 1, { ";
    const found = this.#use((converter) => converter.complete(PRELUDE, code, code.length));
    return found.candidates.filter((name) => name !== "duration" && name !== "signal");
  }

  /** Ends it, and leaves what it knows of the declarations of language, Node and kernel to the next compiler. */
  bequeath(): void {
    shim.keepProgram();
    this.close();
  }

  close(): void {
    this.#converter?.close();
    this.#converter = undefined;
  }

  /** A converter that threw is in an unknown state: the next call gets a new one. */
  #use<T>(ask: (converter: Converter) => T): T {
    this.#converter ??= createConverter({ isJS: false, isBrowser: false });
    try {
      return ask(this.#converter);
    } catch (error) {
      this.#converter = undefined;
      throw error;
    }
  }
}

function besideText(fileName: string): string | undefined {
  return ts.sys.readFile(join(settings.directory, fileName));
}

/** What `%%profile name` declares. */
function frameDeclaration(name: string): string {
  return `declare let ${name}: import("proflab").ProfileFrame & { readonly value: unknown };\n`;
}

/** A cell that does nothing. */
const NOTHING = { code: "", declares: [], imports: [], isAsync: false, sideFiles: [], sourceMaps: [] };

/** What the kernel brings, without danfojs where the notebook's folder has its own. */
function modulesFor(directory: string): Record<string, string> {
  const modules = bundledTypes();
  try {
    createRequire(join(directory, "cell.js")).resolve("danfojs-node");
    delete modules["danfojs-node"];
  } catch {
    // not installed there
  }
  return modules;
}

function typesDirectory(): string {
  return dirname(dirname(createRequire(import.meta.url).resolve("@types/node/package.json")));
}
