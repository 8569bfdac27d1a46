import ts from "typescript";

/**
 * Drops variables from the declarations that later cells see: those that a failed cell declared and did not reach.
 *
 * @param declarations text of a declaration file
 */
export function withoutVariables(declarations: string, names: readonly string[]): string {
  const dropped = new Set(names);
  const file = ts.createSourceFile("declarations.d.ts", declarations, ts.ScriptTarget.Latest, true);
  const printer = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed });
  const kept = file.statements.flatMap((statement) => {
    if (!ts.isVariableStatement(statement)) return [statement];
    const { declarationList: list } = statement;
    const variables = list.declarations.filter(
      ({ name }) => !(ts.isIdentifier(name) && dropped.has(name.text)),
    );
    if (variables.length === 0) return [];
    const newList = ts.factory.updateVariableDeclarationList(list, variables);
    return [ts.factory.updateVariableStatement(statement, statement.modifiers, newList)];
  });
  return printer.printList(ts.ListFormat.MultiLine, ts.factory.createNodeArray(kept), file);
}
