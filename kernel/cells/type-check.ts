import type ts from "typescript";
import { cellDeclarations } from "./cell-declarations.js";

/**
 * How cells are checked: `on`, strictly but for what a quick line does by nature (a parameter without a type, the fields of
 * what was caught); `strict`, that too; `off`, not at all.
 */
export type TypeCheck = "on" | "strict" | "off";

/** The check that the environment variable asks for. */
export function typeCheckOf(variable: string | undefined): TypeCheck {
  return variable === "strict" || variable === "off" ? variable : "on";
}

export function checkOptions(typeCheck: TypeCheck): ts.CompilerOptions {
  const isStrict = typeCheck === "strict";
  return {
    strict: true,
    noImplicitAny: isStrict,
    noImplicitThis: isStrict,
    useUnknownInCatchVariables: isStrict,
  };
}

/** `// @ts-nocheck` before all code; the compiler puts a line of its own before a cell's first. */
const UNCHECKED = /^(?:export \{\};)?\s*(?:\/\/(?!\s*@ts-nocheck\b)[^\n]*\n\s*)*\/\/\s*@ts-nocheck\b/;

/** What the compiler has against a file: of one that is not checked only what makes no JavaScript. */
export function diagnosticsOf(
  program: ts.Program,
  file: ts.SourceFile,
  typeCheck: TypeCheck,
): readonly ts.Diagnostic[] {
  const syntactic = program.getSyntacticDiagnostics(file);
  // What does not parse has no types.
  if (syntactic.length > 0 || typeCheck === "off" || UNCHECKED.test(file.text)) return syntactic;
  const checked = program.getSemanticDiagnostics(file);
  // A declaration that cannot be written is often the echo of an error that was reported already.
  return checked.length > 0 || !declaresNames(file) ? checked : cellDeclarations(program, file).diagnostics;
}

function declaresNames(file: ts.SourceFile): boolean {
  const { locals } = file as { locals?: ReadonlyMap<string, unknown> };
  return locals === undefined || locals.size > 0;
}
