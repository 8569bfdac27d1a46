import ts from "typescript";

/** Name by which emitted code knows {@link CellRuntime}. */
export const RUNTIME = "__cell";

/** What emitted code calls beside the notebook's scope. */
export interface CellRuntime {
  /** Value of the cell's last expression. */
  last?: unknown;
  /** The cell has given a variable of its own its first value. */
  reach(name: string): void;
  /** Binds an imported name to its module. */
  link(name: string, get: () => unknown): void;
  /** What an import statement becomes: `require` may be a name of the user's. */
  require(id: string): unknown;
  /** `import()`. */
  import(specifier: unknown): Promise<unknown>;
  /** `import.meta`. */
  readonly meta: ImportMeta;
}

/** A part of TypeScript 6.0 that is not declared: what names refer to. */
export interface EmitResolver {
  getReferencedValueDeclaration(name: ts.Identifier): ts.Declaration | undefined;
  getReferencedImportDeclaration(name: ts.Identifier): ts.Declaration | undefined;
}

/** `__cell.method(…)`. */
export function callsRuntime(
  factory: ts.NodeFactory,
  method: keyof CellRuntime,
  ...list: ts.Expression[]
): ts.CallExpression {
  const callee = factory.createPropertyAccessExpression(factory.createIdentifier(RUNTIME), method);
  return factory.createCallExpression(callee, undefined, list);
}

/** What stands for `import(…)` and `import.meta` in code that is no ES module any more; undefined for other nodes. */
export function runtime(node: ts.Node, factory: ts.NodeFactory): ts.Expression | undefined {
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
    return ts.setTextRange(callsRuntime(factory, "import", ...node.arguments), node);
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
    const meta = factory.createPropertyAccessExpression(factory.createIdentifier(RUNTIME), "meta");
    return ts.setTextRange(meta, node);
  }
  return undefined;
}

/** Lets the `require()` that import statements became be the runtime's. */
export function requireByRuntime(): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const visit = (node: ts.Node): ts.Node => {
      const isMade =
        ts.isCallExpression(node) &&
        ts.isIdentifier(node.expression) &&
        node.expression.text === "require" &&
        node.expression.pos < 0; // it was not in the text
      if (isMade) return callsRuntime(context.factory, "require", ...node.arguments);
      return ts.visitEachChild(node, visit, context);
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
}

/** What a file of the notebook's folder needs instead of `import()` and `import.meta`. */
export function useRuntime(): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const visit = (node: ts.Node): ts.Node =>
      ts.visitEachChild(runtime(node, context.factory) ?? node, visit, context);
    return (file) => ts.visitEachChild(file, visit, context);
  };
}

/** Whether an identifier is the use of a variable, and not the name of a property, a label or a declaration. */
export function isReference(name: ts.Identifier): boolean {
  const { parent } = name;
  if (!parent) return false;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === name;
  if (ts.isPropertyAssignment(parent)) return parent.initializer === name;
  if (ts.isBindingElement(parent) || ts.isVariableDeclaration(parent) || ts.isParameter(parent))
    return parent.initializer === name;
  if (ts.isPropertyDeclaration(parent)) return parent.initializer === name;
  if (ts.isLabeledStatement(parent) || ts.isBreakOrContinueStatement(parent)) return false;
  if (ts.isImportSpecifier(parent) || ts.isExportSpecifier(parent) || ts.isMetaProperty(parent)) return false;
  const isNamed =
    ts.isFunctionLike(parent) ||
    ts.isClassLike(parent) ||
    ts.isImportClause(parent) ||
    ts.isNamespaceImport(parent) ||
    ts.isImportAttribute(parent);
  // The body of an arrow function is no name.
  return !isNamed || (ts.isArrowFunction(parent) && parent.body === name);
}

/** What a call or a tagged template calls; undefined for other nodes. */
export function calleeOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isCallExpression(node)) return node.expression;
  return ts.isTaggedTemplateExpression(node) ? node.tag : undefined;
}

/** `f` of `(f as Type)`, `f!` and `f<Type>`. */
export function withoutAssertions(expression: ts.Expression): ts.Expression {
  let node = expression;
  while (
    ts.isParenthesizedExpression(node) ||
    ts.isNonNullExpression(node) ||
    ts.isAssertionExpression(node) ||
    ts.isSatisfiesExpression(node) ||
    ts.isExpressionWithTypeArguments(node)
  )
    node = node.expression;
  return node;
}

/** Whether it is `exports.name`. */
export function isScopeAccess(node: ts.Expression): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === "exports"
  );
}
