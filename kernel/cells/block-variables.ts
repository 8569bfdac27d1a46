import ts from "typescript";

/** Code of a cell in which `var` is not the cell's. */
const isScope = (node: ts.Node) =>
  ts.isFunctionLike(node) || ts.isClassLike(node) || ts.isModuleDeclaration(node);

/** The `var` declarations in blocks and loops of a file: JavaScript makes them variables of the whole file. */
export function blockVariables(file: ts.SourceFile): ReadonlySet<ts.VariableDeclarationList> {
  const found = new Set<ts.VariableDeclarationList>();
  const visit = (node: ts.Node): void => {
    if (isScope(node)) return;
    if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.BlockScoped) === 0) found.add(node);
    ts.forEachChild(node, visit);
  };
  for (const statement of file.statements) if (!ts.isVariableStatement(statement)) visit(statement);
  return found;
}

/** Names that a declaration gives to values. */
export function boundNames(name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? boundNames(element.name) : []));
}

export function listedNames({ declarations }: ts.VariableDeclarationList): ts.Identifier[] {
  return declarations.flatMap(({ name }) => boundNames(name));
}

/** Name that tslab gives to the cell. */
const CELL = /__tslab__\.ts$/;

/** Declarations for later cells of what the program's cell declares in blocks and loops alone: TypeScript leaves it out. */
export function blockDeclarations(program: ts.Program): string {
  const cellName = program.getRootFileNames().find((name) => CELL.test(name));
  const cell = cellName === undefined ? undefined : program.getSourceFile(cellName);
  if (!cell || !/\bvar\b/.test(cell.text)) return "";
  const checker = program.getTypeChecker();
  const printer = ts.createPrinter();
  const top = cell.statements.filter(ts.isVariableStatement);
  const known = new Set(
    top.flatMap(({ declarationList }) => listedNames(declarationList)).map(({ text }) => text),
  );
  let declarations = "";
  for (const name of [...blockVariables(cell)].flatMap(listedNames)) {
    if (known.has(name.text)) continue;
    known.add(name.text);
    const type = checker.getTypeAtLocation(name);
    const node = checker.typeToTypeNode(type, cell, ts.NodeBuilderFlags.NoTruncation);
    const text = node ? printer.printNode(ts.EmitHint.Unspecified, node, cell) : "any";
    declarations += `declare var ${name.text}: ${text};\n`;
  }
  return declarations;
}

/** Makes assignments of declarations. */
export class DeclarationsAsAssignments {
  readonly #factory: ts.NodeFactory;
  readonly #access: (name: ts.Identifier) => ts.Expression;
  readonly #visit: (node: ts.Expression) => ts.Expression;

  /**
   * @param access what stands for a variable
   * @param visit makes what an expression becomes
   */
  constructor(
    factory: ts.NodeFactory,
    access: (name: ts.Identifier) => ts.Expression,
    visit: (node: ts.Expression) => ts.Expression,
  ) {
    this.#factory = factory;
    this.#access = access;
    this.#visit = visit;
  }

  /** What a list does where it stands as a statement or begins a `for`. */
  list(list: ts.VariableDeclarationList): ts.Expression {
    const assignments = list.declarations.flatMap(({ name, initializer }) =>
      initializer ? [this.#assigned(name, initializer)] : [],
    );
    if (assignments.length === 0) return this.#factory.createVoidZero();
    return ts.setTextRange(
      assignments.reduce((left, right) => this.#factory.createComma(left, right)),
      list,
    );
  }

  /** What is assigned to in `for (var … of …)`. */
  target(name: ts.BindingName): ts.Expression {
    const factory = this.#factory;
    if (ts.isIdentifier(name)) return this.#access(name);
    if (ts.isArrayBindingPattern(name))
      return factory.createArrayLiteralExpression(
        name.elements.map((element) => {
          if (ts.isOmittedExpression(element)) return element;
          const value = this.#element(element);
          return element.dotDotDotToken ? factory.createSpreadElement(value) : value;
        }),
      );
    return factory.createObjectLiteralExpression(
      name.elements.map((element) => {
        const value = this.#element(element);
        if (element.dotDotDotToken) return factory.createSpreadAssignment(value);
        return factory.createPropertyAssignment(this.#key(element), value);
      }),
    );
  }

  #element({ name, initializer }: ts.BindingElement): ts.Expression {
    return initializer ? this.#assigned(name, initializer) : this.target(name);
  }

  #key({ propertyName, name }: ts.BindingElement): ts.PropertyName {
    if (!propertyName) return this.#factory.createIdentifier((name as ts.Identifier).text);
    if (!ts.isComputedPropertyName(propertyName)) return propertyName;
    return this.#factory.updateComputedPropertyName(propertyName, this.#visit(propertyName.expression));
  }

  #assigned(name: ts.BindingName, initializer: ts.Expression): ts.Expression {
    const value = ts.isIdentifier(name) ? this.#named(name, initializer) : this.#visit(initializer);
    return this.#factory.createAssignment(this.target(name), value);
  }

  /** A function or class without a name gets that of the variable, as in a declaration: here by way of a property. */
  #named({ text }: ts.Identifier, initializer: ts.Expression): ts.Expression {
    const factory = this.#factory;
    const value = this.#visit(initializer);
    const isAnonymous =
      ts.isArrowFunction(initializer) ||
      ((ts.isFunctionExpression(initializer) || ts.isClassExpression(initializer)) && !initializer.name);
    if (!isAnonymous) return value;
    const holder = factory.createObjectLiteralExpression([factory.createPropertyAssignment(text, value)]);
    return factory.createPropertyAccessExpression(factory.createParenthesizedExpression(holder), text);
  }
}
