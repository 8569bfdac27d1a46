import ts from "typescript";
import type { CompiledFile } from "./compilation.js";
import { emitCell } from "./emit-cell.js";
import { requireByRuntime, useRuntime } from "./emitted-names.js";
import { shareVariables } from "./shared-variables.js";

/** A file in its last form. */
export interface EmittedFile extends CompiledFile {
  /** Names that a cell shares with later ones. */
  declares: string[];
}

/** Files by their code. */
export type Emitted = Map<string, EmittedFile>;

const INLINE_MAP = /\n?\/\/# sourceMappingURL=data:application\/json;base64,([A-Za-z0-9+/=]+)\s*$/;

const OPTIONS = {
  module: ts.ModuleKind.CommonJS,
  target: ts.ScriptTarget.ES2022,
  esModuleInterop: true,
  newLine: ts.NewLineKind.LineFeed,
  sourceMap: true,
} as const;

/**
 * Makes CommonJS of a cell, if that takes no more than leaving out its types.
 *
 * @param cell in the tree of the program, and checked
 * @param earlier the declarations of earlier cells there
 */
export function emitPlainCell(
  program: ts.Program,
  cell: ts.SourceFile,
  earlier: ts.SourceFile,
): EmittedFile | undefined {
  const found = nothingFound();
  const share = shareVariables(found, { file: earlier, checker: program.getTypeChecker() });
  const emitted = emitCell(program, cell, OPTIONS, [survey(found), share]);
  return emitted && { ...found, code: emitted.outputText, sourceMaps: [emitted.sourceMapText] };
}

/**
 * Makes CommonJS of an ES module without types, which is what tslab's converter makes of a file at first.
 *
 * @param isCell its names are shared with later cells; those of another file are not
 */
export function emitCommonJs(code: string, isCell: boolean): EmittedFile {
  const [, map] = INLINE_MAP.exec(code) ?? [];
  const found = nothingFound();
  const { outputText, sourceMapText } = ts.transpileModule(code.replace(INLINE_MAP, "\n"), {
    fileName: "custom.js",
    compilerOptions: OPTIONS,
    transformers: {
      before: [survey(found), isCell ? shareVariables(found) : useRuntime()],
      after: [requireByRuntime()],
    },
  });
  return {
    ...found,
    code: outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, ""),
    sourceMaps: [sourceMapText!, Buffer.from(map ?? "", "base64").toString()],
  };
}

function nothingFound() {
  return { declares: [] as string[], imports: [] as string[], isAsync: false };
}

/** Notes the imports and whether there is an `await` outside of functions; changes nothing. */
function survey(found: { imports: string[]; isAsync: boolean }): ts.TransformerFactory<ts.SourceFile> {
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
      found.imports.push((node.moduleSpecifier as ts.StringLiteral).text);
    const awaits =
      ts.isAwaitExpression(node) ||
      (ts.isForOfStatement(node) && node.awaitModifier !== undefined) ||
      (ts.isVariableDeclarationList(node) &&
        (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing);
    found.isAsync ||= awaits;
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  return () => (file) => {
    visit(file);
    return file;
  };
}
