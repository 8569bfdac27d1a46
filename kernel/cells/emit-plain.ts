import ts from "typescript";
import type { EmitResolver } from "./emitted-names.js";

/** Parts of TypeScript 6.0 that exist at run time and are not declared. */
interface Internals {
  bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void;
  createNameResolver(parts: {
    compilerOptions: ts.CompilerOptions;
    globals: ReadonlyMap<string, ts.Symbol>;
    getSymbolOfDeclaration(node: ts.Declaration & { symbol?: ts.Symbol }): ts.Symbol | undefined;
    lookup(symbols: ReadonlyMap<string, ts.Symbol>, name: string, meaning: number): ts.Symbol | undefined;
  }): (
    location: ts.Node,
    name: ts.__String,
    meaning: number,
    error: undefined,
    isUse: boolean,
  ) => ts.Symbol | undefined;
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
type Printer = ts.Printer & { writeFile(file: ts.SourceFile, writer: object, map: object): void };
const internals = ts as unknown as Internals;

/** What TypeScript must translate even where there are no types, and what only its own emitter does. */
const NOT_PLAIN = /\b(?:import|using|accessor)\b|@/;

const VALUE = ts.SymbolFlags.Value | ts.SymbolFlags.ExportValue | ts.SymbolFlags.Alias;
const NO_SYMBOLS: ReadonlyMap<string, ts.Symbol> = new Map();
const HOST = { getCurrentDirectory: () => "", getCanonicalFileName: (name: string) => name };

/**
 * Emits code of which nothing but names has to be changed, without the program and the type checker that
 * `ts.transpileModule` makes: for a short cell those are most of the work.
 *
 * @param code an ES module of JavaScript
 * @param transformers what is changed; they may ask for what a name refers to
 * @returns undefined for code that imports, or that is newer than `options.target`, or still exports when it is transformed
 */
export function emitPlain(
  code: string,
  options: ts.CompilerOptions & { target: ts.ScriptTarget },
  transformers: ts.TransformerFactory<ts.SourceFile>[],
): { outputText: string; sourceMapText: string } | undefined {
  if (NOT_PLAIN.test(code)) return undefined;
  const { ParseNone: jsDocParsingMode } = ts.JSDocParsingMode;
  const file = ts.createSourceFile("custom.js", code, { languageVersion: options.target, jsDocParsingMode });
  internals.bindSourceFile(file, options);
  const resolver = createResolver(options);
  const { factory } = ts;
  const { transformed } = internals.transformNodes(
    resolver,
    undefined,
    factory,
    options,
    [file],
    transformers,
    false,
  );
  const [changed] = transformed;
  const statements = changed.statements.filter((statement) => !isEmptyExport(statement));
  if (statements.some(isExporting)) return undefined;
  const strict = factory.createExpressionStatement(factory.createStringLiteral("use strict"));
  const writer = internals.createTextWriter("\n");
  const map = internals.createSourceMapGenerator(HOST, "custom.js", "", "", options);
  const printer = ts.createPrinter(options as ts.PrinterOptions) as Printer;
  printer.writeFile(factory.updateSourceFile(changed, [strict, ...statements]), writer, map);
  return { outputText: writer.getText(), sourceMapText: map.toString() };
}

/** `export {}`, which only says that a file is a module. */
function isEmptyExport(statement: ts.Statement): boolean {
  if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier) return false;
  const { exportClause } = statement;
  return exportClause !== undefined && ts.isNamedExports(exportClause) && exportClause.elements.length === 0;
}

function isExporting(statement: ts.Statement): boolean {
  return (
    ts.isExportDeclaration(statement) ||
    ts.isExportAssignment(statement) ||
    (ts.canHaveModifiers(statement) && ts.getModifiers(statement) !== undefined
      ? ts.getModifiers(statement)!.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      : false)
  );
}

/** What names of one file refer to, by TypeScript's own rules. */
function createResolver(compilerOptions: ts.CompilerOptions): EmitResolver {
  const resolve = internals.createNameResolver({
    compilerOptions,
    globals: NO_SYMBOLS,
    getSymbolOfDeclaration: (node) => node.symbol,
    lookup: (symbols, name, meaning) => {
      const symbol = symbols.get(name);
      return symbol && symbol.flags & meaning ? symbol : undefined;
    },
  });
  const declaration = (name: ts.Identifier) => {
    const symbol = resolve(name, name.escapedText, VALUE, undefined, true);
    return symbol?.valueDeclaration ?? symbol?.declarations?.[0]; // `const fs = require("fs")` is an alias to TypeScript
  };
  return { getReferencedValueDeclaration: declaration, getReferencedImportDeclaration: () => undefined };
}
