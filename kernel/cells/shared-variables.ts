import ts from "typescript";
import { blockVariables, boundNames, DeclarationsAsAssignments, listedNames } from "./block-variables.js";
import {
  declaredNames,
  importedNames,
  isOfTypes,
  isTopLevel,
  isWithin,
  lastExpression,
  listOf,
  patternOf,
} from "./declared-names.js";
import {
  calleeOf,
  callsRuntime,
  type EmitResolver,
  isReference,
  isScopeAccess,
  RUNTIME,
  runtime,
  withoutAssertions,
} from "./emitted-names.js";
import { declaredApart, isNamed } from "./exports-name.js";

/** What the notebook must know of a cell beside its code. */
export interface CellNames {
  /** Variables, functions, classes, enums and namespaces that the cell declares. */
  declares: string[];
}

/** What tells a name of an earlier cell. */
export interface EarlierCells {
  /** The file of their declarations. */
  file: ts.SourceFile;
  checker: ts.TypeChecker;
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
 * the class's. Works on what tslab's converter leaves of a cell when its types are gone, before its modules become CommonJS;
 * or on the cell as it was typed, if that imports nothing: then it also does what the converter does.
 *
 * @param found is filled with what the cell declares
 * @param earlier given for a cell as it was typed
 */
export function shareVariables(
  found: CellNames,
  earlier?: EarlierCells,
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => new Sharing(context, file, found, earlier).file();
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
  readonly #earlier: EarlierCells | undefined;
  /** Name of a variable or function `exports` of the top level, for what declares it. */
  readonly #ownExports = ts.factory.createUniqueName("exports");

  constructor(
    context: ts.TransformationContext,
    file: ts.SourceFile,
    found: CellNames,
    earlier: EarlierCells | undefined,
  ) {
    this.#earlier = earlier;
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
    const last = this.#earlier && lastExpression(this.#file);
    for (const statement of this.#file.statements) {
      if (ts.isImportDeclaration(statement)) {
        imports.push(statement);
        hoisted.push(...importedNames(statement).map((name) => this.#link(name)));
      } else if (ts.isExportDeclaration(statement)) body.push(...this.#remaining(statement));
      else if (statement === last) body.push(this.#last(last.expression, statement));
      else if (ts.isVariableStatement(statement)) body.push(...this.#variables(statement));
      else if (ts.isFunctionDeclaration(statement) && statement.name && statement.body) {
        hoisted.push(...this.#share(statement.name));
        body.push(declaredApart(this.#visit(statement) as typeof statement, this.#ownExports, this.#context));
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
    if (isExported && ts.isIdentifier(first.name) && LAST_EXPRESSION.test(first.name.text))
      return [this.#last(first.initializer!, statement)];
    return declarations.flatMap((declaration) => {
      const names = boundNames(declaration.name);
      if (declaration.initializer === undefined) return names.flatMap((name) => this.#reset(name, flags));
      const visited = this.#visit(declaration) as ts.VariableDeclaration;
      const apart = declaredApart(visited, this.#ownExports, this.#context);
      const list = factory.createVariableDeclarationList([apart], flags);
      const single = ts.setTextRange(factory.createVariableStatement(undefined, list), statement);
      return [single, ...names.flatMap((name) => this.#share(name))];
    });
  }

  /** `__cell.last = …` */
  #last(value: ts.Expression, statement: ts.Statement): ts.Statement {
    const factory = this.#factory;
    const last = factory.createPropertyAccessExpression(factory.createIdentifier(RUNTIME), "last");
    const assignment = factory.createAssignment(last, this.#visit(value) as ts.Expression);
    return ts.setTextRange(factory.createExpressionStatement(assignment), statement);
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
    value: ts.Expression = isNamed(name) ? this.#ownExports : this.#factory.createIdentifier(name.text),
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
    if (this.#earlier) return []; // it is the converter's, and has types, too
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
    if (ts.isIdentifier(node))
      return this.#isShared(node) || this.#isEarlier(node) ? this.#access(node) : node;
    if (isOfTypes(node)) return node;
    if (ts.isShorthandPropertyAssignment(node) && (this.#isShared(node.name) || this.#isEarlier(node.name))) {
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
    const called = this.#called(visited, node);
    if (called && ts.isCallExpression(visited))
      return ts.isCallChain(visited)
        ? factory.updateCallChain(visited, called, visited.questionDotToken, undefined, visited.arguments)
        : factory.updateCallExpression(visited, called, undefined, visited.arguments);
    if (called && ts.isTaggedTemplateExpression(visited))
      return factory.updateTaggedTemplateExpression(visited, called, undefined, visited.template);
    return visited;
  }

  /** What is called instead of a name of the scope; undefined for what calls none. @param node before it was visited */
  #called(visited: ts.Node, node: ts.Node): ts.Expression | undefined {
    const [callee, original] = [calleeOf(visited), calleeOf(node)];
    const access = callee && withoutAssertions(callee);
    return access && isScopeAccess(access) ? this.#detached(access, original!) : undefined;
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

  /** Whether an earlier cell declared what a name refers to. */
  #isEarlier(name: ts.Identifier): boolean {
    if (!this.#earlier || !isReference(name)) return false;
    const { file, checker } = this.#earlier;
    const { locals } = file as { locals?: ReadonlyMap<unknown, unknown> };
    if (!locals?.has(name.escapedText)) return false;
    const { parent } = name;
    const isShorthand = ts.isShorthandPropertyAssignment(parent) && parent.name === name;
    const symbol = isShorthand
      ? checker.getShorthandAssignmentValueSymbol(parent)
      : checker.getSymbolAtLocation(name);
    return symbol?.declarations?.some((declaration) => declaration.getSourceFile() === file) ?? false;
  }

  #isShared(name: ts.Identifier): boolean {
    if (isNamed(name)) return false; // the scope's: where code means its own, it says `exports.exports` by now
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
