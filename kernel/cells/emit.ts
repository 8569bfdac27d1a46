import ts from "typescript";
import type { CompiledFile } from "./compilation.js";
import { emitPlain } from "./emit-plain.js";
import { useRuntime } from "./emitted-names.js";
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
 * Makes CommonJS of an ES module without types, which is what tslab's converter makes of a cell at first.
 *
 * @param isCell its names are shared with later cells; those of another file are not
 */
export function emitCommonJs(code: string, isCell: boolean): EmittedFile {
  const [, map] = INLINE_MAP.exec(code) ?? [];
  const module = code.replace(INLINE_MAP, "\n");
  const { found, outputText, sourceMapText } = (isCell && emitCell(module)) || emitModule(module, isCell);
  return {
    ...found,
    code: outputText.replace(/\/\/# sourceMappingURL=.*\s*$/, ""),
    sourceMaps: [sourceMapText, Buffer.from(map ?? "", "base64").toString()],
  };
}

/** The short way, for a cell that needs no more. */
function emitCell(module: string) {
  const found = nothingFound();
  const emitted = emitPlain(module, OPTIONS, [survey(found), shareVariables(found)]);
  return emitted && { found, ...emitted };
}

function emitModule(module: string, isCell: boolean) {
  const found = nothingFound();
  const { outputText, sourceMapText } = ts.transpileModule(module, {
    fileName: "custom.js",
    compilerOptions: OPTIONS,
    transformers: { before: [survey(found), isCell ? shareVariables(found) : useRuntime()] },
  });
  return { found, outputText, sourceMapText: sourceMapText! };
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
