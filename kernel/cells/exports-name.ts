import ts from "typescript";
import { isTopLevel } from "./declared-names.js";
import { isReference } from "./emitted-names.js";

const NAME = "exports";
const VALUE = ts.SymbolFlags.Variable | ts.SymbolFlags.Function | ts.SymbolFlags.Class;

/** Whether code gives the name `exports`, by which emitted code knows the notebook's scope, a meaning of its own. */
export function bindsExports(file: ts.SourceFile): boolean {
  if (!file.text.includes(NAME)) return false;
  const binds = (node: ts.Node): boolean => {
    const isBinding =
      ts.isVariableDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isParameter(node) ||
      ts.isFunctionLike(node) ||
      ts.isClassLike(node);
    return (isBinding && isNamed(node.name)) || ts.forEachChild(node, binds) === true;
  };
  return binds(file);
}

/**
 * Gives what such code calls `exports` another name; at the top level of a cell it is `exports.exports`, of which only the
 * declaration is left for later. Works on a file as it was typed: of emitted code nobody knows which `exports` it means.
 */
export function renameExports(
  checker: ts.TypeChecker,
  isCell: boolean,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    if (!bindsExports(file)) return file;
    const { factory } = context;
    const local = factory.createUniqueName(NAME);
    const isExported = checker.getSymbolAtLocation(file)?.exports?.has(NAME as ts.__String);
    const replacement = (symbol: ts.Symbol | undefined, isUse: boolean): ts.Expression | undefined => {
      const declaration = symbol && symbol.flags & VALUE ? symbol.valueDeclaration : undefined;
      if (declaration?.getSourceFile() !== file || isParameterProperty(declaration)) return undefined;
      if (!isTopLevel(declaration)) return local;
      if (!isCell) return isExported ? undefined : local;
      return isUse ? factory.createPropertyAccessExpression(factory.createIdentifier(NAME), NAME) : undefined;
    };
    const visit = (node: ts.Node): ts.Node => {
      if (ts.isExportDeclaration(node)) return node;
      if (ts.isShorthandPropertyAssignment(node) && isNamed(node.name)) {
        const value = replacement(checker.getShorthandAssignmentValueSymbol(node), true);
        const { objectAssignmentInitializer: fallback } = node;
        if (!value) return ts.visitEachChild(node, visit, context);
        const whole = fallback ? factory.createAssignment(value, visit(fallback) as ts.Expression) : value;
        return factory.createPropertyAssignment(NAME, whole);
      }
      if (ts.isBindingElement(node) && isNamed(node.name) && ts.isObjectBindingPattern(node.parent)) {
        const { dotDotDotToken: rest, propertyName, name, initializer } = node;
        const key = propertyName ?? (rest ? undefined : factory.createIdentifier(NAME));
        const value = initializer && (visit(initializer) as ts.Expression);
        const kept = key && ts.visitNode(key, visit, ts.isPropertyName);
        return factory.updateBindingElement(node, rest, kept, visit(name) as ts.Identifier, value);
      }
      if (!isNamed(node)) return ts.visitEachChild(node, visit, context);
      return replacement(checker.getSymbolAtLocation(node), isReference(node as ts.Identifier)) ?? node;
    };
    return ts.visitEachChild(file, visit, context);
  };
}

/** A declaration with `local` in place of `exports` where it binds that. */
export function declaredApart<T extends ts.VariableDeclaration | ts.FunctionDeclaration>(
  declaration: T,
  local: ts.Identifier,
  context: ts.TransformationContext,
): T {
  const bound = (node: ts.Node): ts.Node => {
    if (isNamed(node)) return local;
    if (ts.isBindingElement(node)) {
      const { dotDotDotToken: rest, propertyName, name, initializer } = node;
      const inner = bound(name) as ts.BindingName;
      return context.factory.updateBindingElement(node, rest, propertyName, inner, initializer);
    }
    return ts.isIdentifier(node) ? node : ts.visitEachChild(node, bound, context);
  };
  return ts.visitEachChild(
    declaration,
    (child) => (child === declaration.name ? bound(child) : child),
    context,
  );
}

/** Whether it is the name `exports`. */
export function isNamed(node: ts.Node | undefined): boolean {
  return node !== undefined && ts.isIdentifier(node) && node.text === NAME;
}

function isParameterProperty(declaration: ts.Declaration): boolean {
  return ts.isParameter(declaration) && (declaration.modifiers?.length ?? 0) > 0;
}
