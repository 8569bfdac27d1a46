import ts from "typescript";

/** File in which tslab keeps the declarations of earlier cells. */
export const EARLIER_CELLS = /__prev__\.d\.ts$/;

/**
 * Makes `{ name }` mean `{ name: exports.name }` where an earlier cell declared `name`.
 *
 * tslab rewrites each use of an earlier cell's variable but this one: the name of a shorthand property is a symbol of the
 * object, not of the variable.
 */
export function shorthandTransformer(checker: ts.TypeChecker): ts.TransformerFactory<ts.SourceFile> {
  return (context) => {
    const { factory } = context;
    const visit = (node: ts.Node): ts.Node => {
      if (!ts.isShorthandPropertyAssignment(node)) return ts.visitEachChild(node, visit, context);
      const declarations = checker.getShorthandAssignmentValueSymbol(node)?.declarations ?? [];
      if (!declarations.some((declaration) => EARLIER_CELLS.test(declaration.getSourceFile().fileName)))
        return ts.visitEachChild(node, visit, context);
      const variable = factory.createPropertyAccessExpression(
        factory.createIdentifier("exports"),
        node.name.text,
      );
      const { objectAssignmentInitializer: fallback } = node;
      const value = fallback
        ? factory.createAssignment(variable, visit(fallback) as ts.Expression)
        : variable;
      return factory.createPropertyAssignment(node.name.text, value);
    };
    return (file) => ts.visitEachChild(file, visit, context);
  };
}
