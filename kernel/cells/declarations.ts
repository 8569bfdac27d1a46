import ts from "typescript";

/**
 * The declarations that later cells see, after a cell that failed: a name that it did not come to means what it meant before.
 *
 * @param declarations text of a declaration file, after the cell
 * @param before the same, before the cell
 * @param unassigned names that the cell declares and did not reach
 */
export function withoutUnassigned(
  declarations: string,
  before: string,
  unassigned: readonly string[],
): string {
  const dropped = new Set(unassigned);
  const file = parsed(declarations);
  const earlier = parsed(before);
  const kept = file.statements.flatMap((statement) => parts(statement, (name) => !dropped.has(name)));
  const restored = earlier.statements.flatMap((statement) => parts(statement, (name) => dropped.has(name)));
  return printed(kept, file) + printed(restored, earlier);
}

/** What tslab's converter forgets with the next cell. */
const FORGOTTEN = /\b(?:namespace|module|global)\b|\bimport [\w$]+ =/;

/**
 * The declarations after a cell, with the namespaces and ambient modules of the cells before, which tslab's converter leaves
 * out.
 *
 * @param declares names that the cell declares
 */
export function withNamespaces(declarations: string, before: string, declares: readonly string[]): string {
  if (!FORGOTTEN.test(before)) return declarations;
  const earlier = parsed(before);
  const known = new Set([...parsed(declarations).statements.filter(isForgotten).map(nameOf), ...declares]);
  const kept = earlier.statements.filter(
    (statement) => isForgotten(statement) && !known.has(nameOf(statement)),
  );
  return declarations + printed(kept, earlier);
}

function isForgotten(
  statement: ts.Statement,
): statement is ts.ModuleDeclaration | ts.ImportEqualsDeclaration {
  return ts.isModuleDeclaration(statement) || ts.isImportEqualsDeclaration(statement);
}

function nameOf(statement: ts.Statement): string | undefined {
  const { name } = statement as ts.Statement & { name?: ts.Node };
  return name && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : undefined;
}

/** What is left of a statement when only the values with such names stay; types always go with their values. */
function parts(statement: ts.Statement, isKept: (name: string) => boolean): ts.Statement[] {
  if (!ts.isVariableStatement(statement)) {
    const isValue =
      ts.isClassDeclaration(statement) ||
      ts.isFunctionDeclaration(statement) ||
      ts.isEnumDeclaration(statement) ||
      ts.isModuleDeclaration(statement);
    const name = isValue ? nameOf(statement) : undefined;
    // A statement that declares no value is neither dropped nor restored.
    return isKept(name ?? "") ? [statement] : [];
  }
  const { declarationList: list } = statement;
  const variables = list.declarations.filter(({ name }) => isKept(ts.isIdentifier(name) ? name.text : ""));
  if (variables.length === 0) return [];
  if (variables.length === list.declarations.length) return [statement];
  const newList = ts.factory.updateVariableDeclarationList(list, variables);
  return [ts.factory.updateVariableStatement(statement, statement.modifiers, newList)];
}

function parsed(declarations: string): ts.SourceFile {
  return ts.createSourceFile("declarations.d.ts", declarations, ts.ScriptTarget.Latest, true);
}

function printed(statements: readonly ts.Statement[], file: ts.SourceFile): string {
  const printer = ts.createPrinter({ newLine: ts.NewLineKind.LineFeed });
  return printer.printList(ts.ListFormat.MultiLine, ts.factory.createNodeArray(statements), file);
}

/** Parts of an import that the converter replaces. */
const TAKEN_FROM = ["name", "namedBindings", "elements"] as const;

/**
 * What puts the tree of a file back as it is now. tslab's converter takes out of the tree of the declarations what a cell
 * declares anew, and the same text is often asked for again.
 */
export function restorer(file: ts.SourceFile): () => void {
  const { statements } = file;
  const lists: {
    list: ts.VariableDeclarationList;
    declarations: ts.VariableDeclarationList["declarations"];
  }[] = [];
  const imports: { node: object; parts: object }[] = [];
  for (const statement of statements) {
    if (ts.isVariableStatement(statement)) {
      const list = statement.declarationList;
      lists.push({ list, declarations: list.declarations });
    } else if (ts.isImportDeclaration(statement) && statement.importClause) {
      for (const node of [statement.importClause, statement.importClause.namedBindings ?? {}] as object[]) {
        const known = TAKEN_FROM.filter((key) => key in node).map((key) => [
          key,
          node[key as keyof typeof node],
        ]);
        imports.push({ node, parts: Object.fromEntries(known) });
      }
    }
  }
  return () => {
    Object.assign(file, { statements });
    for (const { list, declarations } of lists) Object.assign(list, { declarations });
    for (const { node, parts } of imports) Object.assign(node, parts);
  };
}

/** A printer of what tslab's converter leaves of the declarations: where a statement is as it was, by its text. */
export function declarationsPrinter(options: ts.PrinterOptions): Pick<ts.Printer, "printFile"> {
  const printer = ts.createPrinter(options);
  const print = (statement: ts.Statement, file: ts.SourceFile) =>
    isWhole(statement, file)
      ? textOf(statement, file)
      : printer.printNode(ts.EmitHint.Unspecified, statement, file);
  return { printFile: (file) => file.statements.map((statement) => `${print(statement, file)}\n`).join("") };
}

/** With its comments. */
function textOf(statement: ts.Statement, file: ts.SourceFile): string {
  const { text } = file;
  const [first] = ts.getLeadingCommentRanges(text, statement.pos) ?? [];
  const last = ts.getTrailingCommentRanges(text, statement.end)?.at(-1);
  return text.slice(first?.pos ?? statement.getStart(file), last?.end ?? statement.end);
}

/** Whether nothing can have been taken out of a statement: it says one name. */
function isWhole(statement: ts.Statement, { text }: ts.SourceFile): boolean {
  if (ts.isImportDeclaration(statement))
    return !text.slice(statement.pos, statement.moduleSpecifier.pos).includes(",");
  if (!ts.isVariableStatement(statement)) return true;
  const { declarations, pos, end } = statement.declarationList;
  return (
    declarations.length === 1 &&
    declarations[0].end === end &&
    !text.slice(pos, declarations[0].pos).includes(",")
  );
}
