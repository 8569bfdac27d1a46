import ts from "typescript";

/**
 * A cell without the word `export`, with spaces in its place: every name of a cell is exported, and code that is pasted from
 * a module may say so.
 */
export function withoutExports(code: string): string {
  if (!/\bexport\b/.test(code)) return code;
  const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true);
  let text = code;
  const blank = (start: number, end: number) => {
    text = text.slice(0, start) + code.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
  };
  for (const statement of file.statements) {
    if (ts.isExportDeclaration(statement) && !statement.moduleSpecifier)
      blank(statement.getStart(), statement.end);
    else if (ts.isExportAssignment(statement) && !statement.isExportEquals)
      blank(statement.getStart(), statement.expression.getStart());
    else if (ts.canHaveModifiers(statement))
      for (const modifier of ts.getModifiers(statement) ?? [])
        if (modifier.kind === ts.SyntaxKind.ExportKeyword || modifier.kind === ts.SyntaxKind.DefaultKeyword)
          blank(modifier.getStart(), modifier.end);
  }
  return text;
}
