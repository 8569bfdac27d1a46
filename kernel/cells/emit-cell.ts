import ts from "typescript";
import type { EmitResolver } from "./emitted-names.js";
import { bindsExports } from "./exports-name.js";

/** Parts of TypeScript 6.0 that exist at run time and are not declared. */
interface Internals {
  transformTypeScript: ts.TransformerFactory<ts.SourceFile>;
  transformNodes(
    resolver: EmitResolver,
    host: undefined,
    factory: ts.NodeFactory,
    options: ts.CompilerOptions,
    nodes: ts.SourceFile[],
    transformers: ts.TransformerFactory<ts.SourceFile>[],
    allowDeclarationFiles: boolean,
  ): ts.TransformationResult<ts.SourceFile>;
  createTextWriter(newLine: string): { getText(): string };
  createSourceMapGenerator(
    host: { getCurrentDirectory(): string; getCanonicalFileName(name: string): string },
    file: string,
    sourceRoot: string,
    directory: string,
    options: ts.CompilerOptions,
  ): { toString(): string };
}
interface CheckerInternals extends ts.TypeChecker {
  getEmitResolver(file: ts.SourceFile, cancellation: undefined, isChecked: boolean): EmitResolver;
}
type Printer = ts.Printer & { writeFile(file: ts.SourceFile, writer: object, map: object): void };
const internals = ts as unknown as Internals;

/** Whether there is something that more than types and names must be translated in, or that tslab's converter does more for. */
function needsMore(node: ts.Node): boolean {
  const { kind, flags } = node;
  return (
    kind === ts.SyntaxKind.ImportKeyword || // `import()`
    kind === ts.SyntaxKind.AccessorKeyword ||
    kind === ts.SyntaxKind.DeclareKeyword ||
    ts.isImportDeclaration(node) ||
    ts.isImportEqualsDeclaration(node) ||
    ts.isMetaProperty(node) ||
    ts.isEnumDeclaration(node) ||
    ts.isModuleDeclaration(node) ||
    ts.isDecorator(node) ||
    (ts.isVariableDeclarationList(node) && (flags & ts.NodeFlags.Using) !== 0) ||
    ts.forEachChild(node, needsMore) === true
  );
}

const HOST = { getCurrentDirectory: () => "", getCanonicalFileName: (name: string) => name };

/**
 * Emits a cell of which only types are taken out and names changed, in one step: by way of an ES module without types, which
 * is parsed and printed once more, a short cell waits twice as long for its code.
 *
 * @param cell in the tree of the program, and checked
 * @param options of what is printed
 * @param transformers what is changed while the types are still there
 * @returns undefined for a cell that needs more
 */
export function emitCell(
  program: ts.Program,
  cell: ts.SourceFile,
  options: ts.PrinterOptions,
  transformers: ts.TransformerFactory<ts.SourceFile>[],
): { outputText: string; sourceMapText: string } | undefined {
  if (needsMore(cell) || bindsExports(cell) || cell.statements.some(isExporting)) return undefined;
  const { factory } = ts;
  const resolver = (program.getTypeChecker() as CheckerInternals).getEmitResolver(cell, undefined, true);
  const result = internals.transformNodes(
    resolver,
    undefined,
    factory,
    program.getCompilerOptions(),
    [cell],
    [...transformers, internals.transformTypeScript],
    false,
  );
  const [changed] = result.transformed;
  const strict = factory.createExpressionStatement(factory.createStringLiteral("use strict"));
  const writer = internals.createTextWriter("\n");
  const map = internals.createSourceMapGenerator(HOST, "custom.js", "", "", options as ts.CompilerOptions);
  const printer = ts.createPrinter(options, {
    onEmitNode: result.emitNodeWithNotification,
    isEmitNotificationEnabled: result.isEmitNotificationEnabled,
    substituteNode: result.substituteNode,
  }) as Printer;
  printer.writeFile(factory.updateSourceFile(changed, [strict, ...changed.statements]), writer, map);
  result.dispose();
  return { outputText: writer.getText(), sourceMapText: map.toString() };
}

/** Whether a statement exports something that the cell does not declare, or by itself. */
function isExporting(statement: ts.Statement): boolean {
  if (ts.isExportDeclaration(statement)) return statement.moduleSpecifier !== undefined;
  const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
  return (
    ts.isExportAssignment(statement) || modifiers.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
  );
}
