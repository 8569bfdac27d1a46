import ts from "typescript";
import { declaredNames } from "./declared-names.js";

/** What a file declares, as the text of a declaration file. */
export interface CellDeclarations {
  /** Why some of it cannot be written. The text then has each value of the file as `any`. */
  diagnostics: readonly ts.Diagnostic[];
  text: string;
}

const known = new WeakMap<ts.Program, WeakMap<ts.SourceFile, CellDeclarations>>();

/** Declarations of a file of a program, without its `export { … }`. They are made once: the check wants them, then the emitter. */
export function cellDeclarations(program: ts.Program, file: ts.SourceFile): CellDeclarations {
  const ofProgram = known.get(program) ?? new WeakMap<ts.SourceFile, CellDeclarations>();
  known.set(program, ofProgram);
  const made = ofProgram.get(file) ?? madeDeclarations(program, file);
  ofProgram.set(file, made);
  return made;
}

function madeDeclarations(program: ts.Program, file: ts.SourceFile): CellDeclarations {
  let text = "";
  let tree = file;
  const write: ts.WriteFileCallback = (_, written) => {
    text = written;
  };
  /** Each name of a cell is seen by later cells, exported or not. */
  const withoutExports: ts.TransformerFactory<ts.SourceFile | ts.Bundle> =
    ({ factory }) =>
    (whole) => {
      if (!ts.isSourceFile(whole)) return whole;
      const statements = whole.statements.filter((statement) => !ts.isExportDeclaration(statement));
      tree = factory.updateSourceFile(whole, statements, whole.isDeclarationFile);
      return tree;
    };
  const { diagnostics } = program.emit(file, write, undefined, true, { afterDeclarations: [withoutExports] });
  if (diagnostics.length === 0) return { diagnostics, text };
  const names = file.statements.flatMap(declaredNames);
  const typed = file.statements.filter((one) => ts.isVariableStatement(one) || ts.isFunctionDeclaration(one));
  const typedNames = typed.flatMap(declaredNames);
  const failed = diagnostics.map(({ start }) => typedNames.find((name) => name.getStart(file) === start));
  if (failed.every((name) => name !== undefined))
    return { diagnostics: [], text: ts.createPrinter().printFile(withTypesOf(failed, tree)) };
  return { diagnostics, text: names.map((name) => `declare let ${name.text}: any;\n`).join("") };
}

/** The declarations with types that can be written for some variables, and results of functions. */
function withTypesOf(failed: readonly ts.Identifier[], tree: ts.SourceFile): ts.SourceFile {
  const { factory } = ts;
  const types = new Map(failed.map((name) => [name.text, writableType(name)]));
  const statements = tree.statements.map((statement) => {
    if (ts.isFunctionDeclaration(statement))
      return withResult(statement, types.get(statement.name?.text ?? ""));
    if (!ts.isVariableStatement(statement)) return statement;
    const { modifiers, declarationList: list } = statement;
    const declarations = list.declarations.map((declaration) => {
      const { name } = declaration;
      const type = ts.isIdentifier(name) ? types.get(name.text) : undefined;
      return type
        ? factory.updateVariableDeclaration(declaration, name, undefined, type, undefined)
        : declaration;
    });
    return factory.updateVariableStatement(
      statement,
      modifiers,
      factory.updateVariableDeclarationList(list, declarations),
    );
  });
  return factory.updateSourceFile(tree, statements, tree.isDeclarationFile);
}

function withResult(node: ts.FunctionDeclaration, type = node.type): ts.FunctionDeclaration {
  const { modifiers, asteriskToken, name, typeParameters, parameters, body } = node;
  return ts.factory.updateFunctionDeclaration(
    node,
    modifiers,
    asteriskToken,
    name,
    typeParameters,
    parameters,
    type,
    body,
  );
}

/** Of `name = await import("module")`, which TypeScript writes out to have `default` in it, the module's; else `any`. */
function writableType({ parent }: ts.Identifier): ts.TypeNode {
  const { factory } = ts;
  const { initializer } = parent as ts.VariableDeclaration;
  const call = initializer && ts.isAwaitExpression(initializer) ? initializer.expression : undefined;
  const isImport =
    ts.isVariableDeclaration(parent) &&
    call !== undefined &&
    ts.isCallExpression(call) &&
    call.expression.kind === ts.SyntaxKind.ImportKeyword;
  const [specifier] = isImport ? call.arguments : [];
  if (!specifier || !ts.isStringLiteralLike(specifier))
    return factory.createKeywordTypeNode(ts.SyntaxKind.AnyKeyword);
  const literal = factory.createLiteralTypeNode(factory.createStringLiteral(specifier.text));
  const module = factory.createImportTypeNode(literal, undefined, undefined, undefined, true);
  const property = factory.createPropertySignature(undefined, "default", undefined, module);
  return factory.createIntersectionTypeNode([module, factory.createTypeLiteralNode([property])]);
}
