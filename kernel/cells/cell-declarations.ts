import ts from "typescript";

/** What a file declares, as the text of a declaration file, or why that cannot be written. */
export interface CellDeclarations {
  diagnostics: readonly ts.Diagnostic[];
  /** Undefined when there are diagnostics. */
  output: { name: string; text: string } | undefined;
}

const known = new WeakMap<ts.SourceFile, CellDeclarations & { program: ts.Program }>();

/** Declarations of a file of a program, without its `export { … }`. They are made once: the check wants them, then the emitter. */
export function cellDeclarations(program: ts.Program, file: ts.SourceFile): CellDeclarations {
  const found = known.get(file);
  if (found?.program === program) return found;
  let output: CellDeclarations["output"];
  const write: ts.WriteFileCallback = (name, text) => {
    output = { name, text };
  };
  const { diagnostics } = program.emit(file, write, undefined, true, { afterDeclarations: [withoutExports] });
  const made = { program, diagnostics, output };
  known.set(file, made);
  return made;
}

/** Each name of a cell is seen by later cells, exported or not. */
const withoutExports: ts.TransformerFactory<ts.SourceFile | ts.Bundle> =
  ({ factory }) =>
  (file) => {
    if (!ts.isSourceFile(file)) return file;
    const statements = file.statements.filter((statement) => !ts.isExportDeclaration(statement));
    return factory.updateSourceFile(file, statements, file.isDeclarationFile);
  };
