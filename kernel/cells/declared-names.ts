import ts from "typescript";
import { boundNames } from "./block-variables.js";

// What a tree says of the names that it declares.

/** Names that a statement of the top level declares, imports aside. */
export function declaredNames(statement: ts.Statement): ts.Identifier[] {
  if (ts.isVariableStatement(statement)) {
    if (statement.modifiers?.length) return [];
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  }
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
    return statement.name ? [statement.name] : [];
  return [];
}

/** Names that an import gives. */
export function importedNames({ importClause }: ts.ImportDeclaration): ts.Identifier[] {
  const { name, namedBindings } = importClause ?? {};
  const names = name ? [name] : [];
  if (namedBindings && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name);
  else if (namedBindings) names.push(...namedBindings.elements.map((element) => element.name));
  return names;
}

/** Whether a variable, function or class is of the top level. */
export function isTopLevel(declaration: ts.Node): boolean {
  const node = listOf(declaration)?.parent ?? declaration;
  const isStatement =
    ts.isVariableStatement(node) || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node);
  return isStatement && ts.isSourceFile(node.parent);
}

/** The `var`, `let` or `const` that declares a variable. */
export function listOf(declaration: ts.Node): ts.VariableDeclarationList | undefined {
  let node = declaration;
  while (ts.isBindingElement(node) || ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node))
    node = node.parent;
  return ts.isVariableDeclaration(node) && ts.isVariableDeclarationList(node.parent)
    ? node.parent
    : undefined;
}

/** The pattern that declares a variable, if one does. */
export function patternOf(declaration: ts.Node): ts.Node | undefined {
  let node = declaration;
  while (!ts.isSourceFile(node) && !ts.isVariableDeclaration(node)) node = node.parent;
  return ts.isVariableDeclaration(node) && !ts.isIdentifier(node.name) ? node.name : undefined;
}

/** Whether a node lies in another, or is it. */
export function isWithin(node: ts.Node, outer: ts.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}

/** The expression that a cell as it was typed ends with, if it does. */
export function lastExpression({ statements }: ts.SourceFile): ts.ExpressionStatement | undefined {
  const last = statements.findLast((statement) => !ts.isExportDeclaration(statement));
  return last && ts.isExpressionStatement(last) ? last : undefined;
}

/** Whether nothing is left of a node when the types are gone. */
export function isOfTypes(node: ts.Node): boolean {
  return (
    (ts.isTypeNode(node) && !ts.isExpressionWithTypeArguments(node)) ||
    ts.isTypeParameterDeclaration(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}
