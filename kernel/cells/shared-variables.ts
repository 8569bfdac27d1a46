import ts from "typescript";
import { blockVariables, boundNames, DeclarationsAsAssignments, listedNames } from "./block-variables.js";
import { callsRuntime, type EmitResolver, isReference, RUNTIME, runtime } from "./emitted-names.js";

/** What the notebook must know of a cell beside its code. */
export interface CellNames {
  /** Variables, functions, classes, enums and namespaces that the cell declares. */
  declares: string[];
}

/** A part of TypeScript 6.0 that exists at run time and is not declared. */
interface Internals {
  getEmitResolver(): EmitResolver;
}

/** Name that tslab's converter gives to the value of the last expression. */
const LAST_EXPRESSION = /^tsLastExpr\d*$/;

/**
 * Makes the names that a cell declares at its top level properties of the notebook's scope.
 *
 * Every use of such a name, also in a function of the cell, becomes `exports.name`. A function thus sees what any later
 * cell assigns, declares or imports by that name, as it would in a session of one long program. Inside of a class its own name stays
 * the class's. Works on what is left of a cell when its types are gone and before its modules become CommonJS.
 *
 * @param found is filled with what the cell declares
 */
export function shareVariables(found: CellNames): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => new Sharing(context, file, found).file();
}

class Sharing {
  readonly #context: ts.TransformationContext;
  readonly #factory: ts.NodeFactory;
  readonly #file: ts.SourceFile;
  readonly #shared = new Set<string>();
  readonly #imported: ReadonlySet<string>;
  /** `var` in blocks and loops: what they declare is the cell's, and they become assignments. */
  readonly #blocks: ReadonlySet<ts.VariableDeclarationList>;
  /** Names that are declared there alone. */
  readonly #inner: readonly ts.Identifier[];
  readonly #assignments: DeclarationsAsAssignments;

  constructor(context: ts.TransformationContext, file: ts.SourceFile, found: CellNames) {
    this.#context = context;
    this.#factory = context.factory;
    this.#file = file;
    for (const statement of file.statements)
      for (const name of declaredNames(statement)) this.#shared.add(name.text);
    this.#blocks = blockVariables(file);
    this.#assignments = new DeclarationsAsAssignments(
      this.#factory,
      (name) => this.#access(name),
      (node) => this.#visit(node) as ts.Expression,
    );
    this.#inner = [...this.#blocks].flatMap(listedNames).filter(({ text }) => {
      const isNew = !this.#shared.has(text);
      this.#shared.add(text);
      return isNew;
    });
    found.declares = [...this.#shared];
    const imports = file.statements.filter(ts.isImportDeclaration);
    this.#imported = new Set(imports.flatMap(importedNames).map(({ text }) => text));
  }

  file(): ts.SourceFile {
    const imports: ts.Statement[] = [];
    const hoisted = this.#inner.flatMap((name) => this.#share(name, this.#factory.createVoidZero()));
    const body: ts.Statement[] = [];
    for (const statement of this.#file.statements) {
      if (ts.isImportDeclaration(statement)) {
        imports.push(statement);
        hoisted.push(...importedNames(statement).map((name) => this.#link(name)));
      } else if (ts.isExportDeclaration(statement)) body.push(...this.#remaining(statement));
      else if (ts.isVariableStatement(statement)) body.push(...this.#variables(statement));
      else if (ts.isFunctionDeclaration(statement) && statement.name) {
        hoisted.push(...this.#share(statement.name));
        body.push(this.#visit(statement) as ts.Statement);
      } else if (ts.isClassDeclaration(statement) && statement.name)
        body.push(this.#visit(statement) as ts.Statement, ...this.#share(statement.name));
      else body.push(this.#visit(statement) as ts.Statement);
    }
    return this.#factory.updateSourceFile(this.#file, [...imports, ...hoisted, ...body]);
  }

  /** One statement a variable, each followed by its sharing: the next one may use it. */
  #variables(statement: ts.VariableStatement): ts.Statement[] {
    const factory = this.#factory;
    const { declarations, flags } = statement.declarationList;
    const [first] = declarations;
    const isExported = statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (isExported && ts.isIdentifier(first.name) && LAST_EXPRESSION.test(first.name.text)) {
      const last = factory.createPropertyAccessExpression(factory.createIdentifier(RUNTIME), "last");
      const assignment = factory.createAssignment(last, this.#visit(first.initializer!) as ts.Expression);
      return [ts.setTextRange(factory.createExpressionStatement(assignment), statement)];
    }
    return declarations.flatMap((declaration) => {
      const names = boundNames(declaration.name);
      if (declaration.initializer === undefined) return names.flatMap((name) => this.#reset(name, flags));
      const list = factory.createVariableDeclarationList(
        [this.#visit(declaration) as ts.VariableDeclaration],
        flags,
      );
      const single = ts.setTextRange(factory.createVariableStatement(undefined, list), statement);
      return [single, ...names.flatMap((name) => this.#share(name))];
    });
  }

  /** `let x;` is undefined; `var x;` leaves what the same cell gave it. */
  #reset(name: ts.Identifier, flags: ts.NodeFlags): ts.Statement[] {
    const isVar = (flags & ts.NodeFlags.BlockScoped) === 0;
    const declared = [
      ...this.#file.statements.flatMap(declaredNames),
      ...[...this.#blocks].flatMap(listedNames),
    ];
    const isLater = declared.some(({ text, end }) => text === name.text && end < name.pos);
    if (isVar && isLater) return [];
    return this.#share(name, this.#factory.createVoidZero());
  }

  /** `exports.name = name`, and the note that the cell came so far. */
  #share(
    name: ts.Identifier,
    value: ts.Expression = this.#factory.createIdentifier(name.text),
  ): ts.Statement[] {
    const factory = this.#factory;
    const reached = callsRuntime(factory, "reach", factory.createStringLiteral(name.text));
    return [
      factory.createExpressionStatement(factory.createAssignment(this.#access(name), value)),
      factory.createExpressionStatement(reached),
    ];
  }

  /** An import stays bound to its module. */
  #link(name: ts.Identifier): ts.Statement {
    const factory = this.#factory;
    const value = ts.setOriginalNode(factory.createIdentifier(name.text), name);
    const get = factory.createArrowFunction(undefined, undefined, [], undefined, undefined, value);
    const link = callsRuntime(factory, "link", factory.createStringLiteral(name.text), get);
    return factory.createExpressionStatement(link);
  }

  /** Of `export { … }`, what is neither shared nor imported. */
  #remaining(statement: ts.ExportDeclaration): ts.Statement[] {
    const { exportClause } = statement;
    if (!exportClause || !ts.isNamedExports(exportClause)) return [statement];
    const kept = exportClause.elements.filter(
      ({ name }) => !this.#shared.has(name.text) && !this.#imported.has(name.text),
    );
    if (kept.length === 0 && exportClause.elements.length > 0) return [];
    const clause = this.#factory.updateNamedExports(exportClause, kept);
    const { modifiers, isTypeOnly, moduleSpecifier, attributes } = statement;
    return [
      this.#factory.updateExportDeclaration(
        statement,
        modifiers,
        isTypeOnly,
        clause,
        moduleSpecifier,
        attributes,
      ),
    ];
  }

  #visit(node: ts.Node): ts.Node {
    const factory = this.#factory;
    if (ts.isIdentifier(node)) return this.#isShared(node) ? this.#access(node) : node;
    if (ts.isShorthandPropertyAssignment(node) && this.#isShared(node.name)) {
      const { objectAssignmentInitializer: fallback } = node;
      const access = this.#access(node.name);
      const value = fallback
        ? factory.createAssignment(access, this.#visit(fallback) as ts.Expression)
        : access;
      return ts.setTextRange(factory.createPropertyAssignment(node.name.text, value), node);
    }
    if (ts.isVariableStatement(node) && this.#blocks.has(node.declarationList))
      return ts.setTextRange(
        factory.createExpressionStatement(this.#assignments.list(node.declarationList)),
        node,
      );
    if (ts.isVariableDeclarationList(node) && this.#blocks.has(node))
      return ts.isForInStatement(node.parent) || ts.isForOfStatement(node.parent)
        ? this.#assignments.target(node.declarations[0].name)
        : this.#assignments.list(node);
    const replaced = runtime(node, factory);
    if (replaced) return ts.visitEachChild(replaced, (child) => this.#visit(child), this.#context);
    const visited = ts.visitEachChild(node, (child) => this.#visit(child), this.#context);
    // A function is called without `this`, although it is a property.
    if (ts.isCallExpression(visited) && isScopeAccess(visited.expression)) {
      const called = this.#detached(visited.expression, (node as ts.CallExpression).expression);
      return ts.isCallChain(visited)
        ? factory.updateCallChain(visited, called, visited.questionDotToken, undefined, visited.arguments)
        : factory.updateCallExpression(visited, called, undefined, visited.arguments);
    }
    if (ts.isTaggedTemplateExpression(visited) && isScopeAccess(visited.tag))
      return factory.updateTaggedTemplateExpression(
        visited,
        this.#detached(visited.tag, (node as ts.TaggedTemplateExpression).tag),
        undefined,
        visited.template,
      );
    return visited;
  }

  /** `(0, exports.f)`, for which V8 says that the call is where it ends: that maps to where `f` begins. */
  #detached(callee: ts.Expression, original: ts.Expression): ts.Expression {
    const factory = this.#factory;
    const pair = factory.createComma(factory.createNumericLiteral(0), callee);
    const start = original.getStart(this.#file);
    return ts.setSourceMapRange(factory.createParenthesizedExpression(pair), { pos: start, end: start });
  }

  #access(name: ts.Identifier): ts.Expression {
    const factory = this.#factory;
    const access = factory.createPropertyAccessExpression(factory.createIdentifier("exports"), name.text);
    return ts.setTextRange(access, name);
  }

  #isShared(name: ts.Identifier): boolean {
    const isImported = this.#imported.has(name.text);
    if ((!isImported && !this.#shared.has(name.text)) || !isReference(name)) return false;
    const resolver = (this.#context as unknown as Internals).getEmitResolver();
    if (isImported) return resolver.getReferencedImportDeclaration(name) !== undefined;
    const declaration =
      resolver.getReferencedValueDeclaration(name) ?? resolver.getReferencedImportDeclaration(name);
    if (declaration && this.#blocks.has(listOf(declaration)!)) return true;
    if (!declaration || !isTopLevel(declaration)) return false;
    // The name of a class inside of it, and a variable in the pattern that declares it, are not shared yet.
    const inner = ts.isClassDeclaration(declaration) ? declaration : patternOf(declaration);
    return !inner || !isWithin(name, inner);
  }
}

/** Names that a statement of the top level declares, imports aside. */
function declaredNames(statement: ts.Statement): ts.Identifier[] {
  if (ts.isVariableStatement(statement)) {
    if (statement.modifiers?.length) return [];
    return statement.declarationList.declarations.flatMap(({ name }) => boundNames(name));
  }
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
    return statement.name ? [statement.name] : [];
  return [];
}

function importedNames({ importClause }: ts.ImportDeclaration): ts.Identifier[] {
  const { name, namedBindings } = importClause ?? {};
  const names = name ? [name] : [];
  if (namedBindings && ts.isNamespaceImport(namedBindings)) names.push(namedBindings.name);
  else if (namedBindings) names.push(...namedBindings.elements.map((element) => element.name));
  return names;
}

function isTopLevel(declaration: ts.Node): boolean {
  const node = listOf(declaration)?.parent ?? declaration;
  const isStatement =
    ts.isVariableStatement(node) || ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node);
  return isStatement && ts.isSourceFile(node.parent);
}

/** The `var`, `let` or `const` that declares a variable. */
function listOf(declaration: ts.Node): ts.VariableDeclarationList | undefined {
  let node = declaration;
  while (ts.isBindingElement(node) || ts.isObjectBindingPattern(node) || ts.isArrayBindingPattern(node))
    node = node.parent;
  return ts.isVariableDeclaration(node) && ts.isVariableDeclarationList(node.parent)
    ? node.parent
    : undefined;
}

function patternOf(declaration: ts.Node): ts.Node | undefined {
  let node = declaration;
  while (!ts.isSourceFile(node) && !ts.isVariableDeclaration(node)) node = node.parent;
  return ts.isVariableDeclaration(node) && !ts.isIdentifier(node.name) ? node.name : undefined;
}

function isWithin(node: ts.Node, outer: ts.Node): boolean {
  return node.pos >= outer.pos && node.end <= outer.end;
}

function isScopeAccess(node: ts.Expression): boolean {
  return (
    ts.isPropertyAccessExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === "exports"
  );
}
