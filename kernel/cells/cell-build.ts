import type ts from "typescript";
import { cellDeclarations } from "./cell-declarations.js";
import { type EmittedFile, emitPlainCell } from "./emit.js";
import { renameExports } from "./exports-name.js";
import { EARLIER_CELLS, shorthandTransformer } from "./shorthand.js";

/** A part of TypeScript 6.0 that exists at run time and is not declared. */
type ProgramInternals = ts.Program & {
  getResolvedModuleFromModuleSpecifier(
    specifier: ts.Node,
    file: ts.SourceFile,
  ): { resolvedModule?: { resolvedFileName: string } } | undefined;
};

/** Where a build's program comes from. */
export interface BuildSource {
  /** The program of the texts as they are now. */
  create(): ts.Program;
  /** A root's text, parsed and bound; undefined for other files. */
  boundRoot(name: string): ts.SourceFile | undefined;
  /** Hears what is made of the cell itself: an ES module, or at once what it becomes at last. */
  onCell(text: string, emitted?: EmittedFile): void;
}

/** Names that tslab gives to a cell and to what becomes of it. */
const CELL = /__tslab__\.ts$/;
const CELL_OUTPUT = /__tslab__\.js$/;

/** Asks for no declarations: a value of `emitOnlyDtsFiles` that is not declared. */
const ONLY_CODE = 0 as unknown as boolean;
const NOTHING_FOUND: ts.EmitResult = { emitSkipped: false, diagnostics: [] };

/** One state of the texts, as the converter asks about it. */
export class CellBuild {
  readonly #source: BuildSource;
  #program: ts.Program | undefined;

  constructor(source: BuildSource) {
    this.#source = source;
  }

  getProgram(): ts.Program {
    this.#program ??= this.#source.create();
    return this.#program;
  }

  getSourceFile(name: string): ts.SourceFile | undefined {
    const root = this.#program ? undefined : this.#source.boundRoot(name);
    return root ?? this.getProgram().getSourceFile(name);
  }

  /** Names of the file and of those that it imports, directly or not. */
  getAllDependencies(file: ts.SourceFile): string[] {
    const program = this.getProgram() as ProgramInternals;
    const found = new Set<string>();
    const waiting = [file];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (found.has(next.fileName)) continue;
      found.add(next.fileName);
      if (next.isDeclarationFile) continue; // nothing is emitted for it, nor for what it imports
      const { imports = [] } = next as unknown as { imports?: readonly ts.Node[] };
      for (const specifier of imports) {
        const { resolvedModule } = program.getResolvedModuleFromModuleSpecifier(specifier, next) ?? {};
        const imported = resolvedModule && program.getSourceFile(resolvedModule.resolvedFileName);
        if (imported) waiting.push(imported);
      }
    }
    return [...found];
  }

  emit(
    file: ts.SourceFile,
    write: ts.WriteFileCallback,
    cancellation: ts.CancellationToken | undefined,
    _: boolean | undefined,
    transformers: ts.CustomTransformers,
  ): ts.EmitResult {
    const program = this.getProgram();
    if (CELL.test(file.fileName)) {
      const { outDir } = program.getCompilerOptions();
      write(`${outDir}/__tslab__.d.ts`, cellDeclarations(program, file).text, false);
      const plain = this.#emitPlain(program, file);
      if (plain) {
        this.#source.onCell(plain.code, plain);
        write(`${outDir}/__tslab__.js`, plain.code, false);
        return NOTHING_FOUND;
      }
    }
    const checker = program.getTypeChecker();
    const before = [renameExports(checker, CELL.test(file.fileName)), shorthandTransformer(checker)];
    const hear: ts.WriteFileCallback = (name, text, ...rest) => {
      if (CELL_OUTPUT.test(name)) this.#source.onCell(text);
      write(name, text, ...rest);
    };
    return program.emit(file, hear, cancellation, ONLY_CODE, { ...transformers, before });
  }

  #emitPlain(program: ts.Program, file: ts.SourceFile): EmittedFile | undefined {
    const earlier = program.getRootFileNames().find((name) => EARLIER_CELLS.test(name));
    const declared = earlier === undefined ? undefined : program.getSourceFile(earlier);
    return declared && emitPlainCell(program, file, declared);
  }
}
