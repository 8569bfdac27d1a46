import ts from "typescript";

/** Parts of TypeScript 6.0 that exist at run time and are not declared. */
interface ProgramInternals extends ts.Program {
  getFilesByNameMap(): Map<string, ts.SourceFile>;
  /** Where the imports of a file lead, by its path. */
  resolvedModules?: Map<string, ModuleResolutions>;
  getTypeChecker(): CheckerInternals;
}
interface ModuleResolutions {
  get(specifier: string, mode: ts.ResolutionMode): ts.ResolvedModuleWithFailedLookupLocations | undefined;
}
interface CheckerInternals extends ts.TypeChecker {
  getDiagnostics(file: ts.SourceFile, cancellation: undefined, nodes: readonly ts.Node[]): ts.Diagnostic[];
}
interface FileInternals extends ts.SourceFile {
  path: string;
  resolvedPath: string;
  originalFileName: string;
  packageJsonScope: unknown;
  imports: readonly ts.StringLiteralLike[];
  moduleAugmentations: readonly ts.Node[];
  ambientModuleNames: readonly string[];
}

/** Of how many states a program's checker keeps what it found; with each it takes more memory. */
const MAX_EXCHANGES = 12;

const exchanges = new WeakMap<ts.Program, number>();

/**
 * Puts the trees of changed texts into a program in place of those that it has, which saves making another program and type
 * checker: nine tenths of what a short cell would wait for. Nothing else in the program knows these files, since nothing
 * imports them, so what the checker knows of all others stays true.
 *
 * @param roots trees, bound, of files that the program has by these names
 * @returns false when that must not be; then the program is fit for nothing but being taken over by another one
 */
export function exchangeRoots(program: ts.Program, roots: readonly ts.SourceFile[]): boolean {
  const owner = program as ProgramInternals;
  const count = (exchanges.get(program) ?? 0) + 1;
  exchanges.set(program, count);
  if (count > MAX_EXCHANGES) return false;
  const changed = (roots as readonly FileInternals[]).filter((file) => file !== knownFile(owner, file));
  if (!changed.every((file) => isAlike(owner, file))) return false;
  for (const file of changed) exchange(owner, file, count);
  return roots.every((file) => file.isDeclarationFile || !hasEarlierFindings(owner, file));
}

/** Whether a program would refuse the next exchange. @param cell the root that is checked */
export function isWornOut(program: ts.Program, cell: ts.SourceFile): boolean {
  if ((exchanges.get(program) ?? 0) >= MAX_EXCHANGES) return true;
  return (program as ProgramInternals).getTypeChecker().getDiagnostics(cell, undefined, []).length > 0;
}

/** Makes a program one that TypeScript itself can take over. */
export function endExchanges(program: ts.Program, roots: readonly string[]): void {
  const { resolvedModules } = program as ProgramInternals;
  for (const name of roots) {
    const file = program.getSourceFile(name) as FileInternals | undefined;
    if (!file || file.path === file.resolvedPath) continue;
    const resolutions = resolvedModules?.get(file.path);
    if (resolutions) resolvedModules!.set(file.resolvedPath, resolutions);
    file.path = file.resolvedPath;
  }
}

function knownFile(program: ProgramInternals, { fileName }: ts.SourceFile): FileInternals | undefined {
  return program.getSourceFile(fileName) as FileInternals | undefined;
}

/** Whether a tree concerns nobody but itself, like the one before, and imports nothing that the program does not know. */
function isAlike(program: ProgramInternals, file: FileInternals): boolean {
  const known = knownFile(program, file);
  if (!known || !isForItself(known) || !isForItself(file)) return false;
  const resolutions = program.resolvedModules?.get(known.path);
  const options = program.getCompilerOptions();
  return importedModules(file).every((specifier) => {
    const mode = ts.getModeForUsageLocation(file, specifier, options);
    const found = resolutions?.get(specifier.text, mode)?.resolvedModule;
    return found !== undefined && program.getSourceFile(found.resolvedFileName) !== undefined;
  });
}

/** Whether a file is a module that refers to no file, and declares nothing for others. */
function isForItself(file: FileInternals): boolean {
  return (
    ts.isExternalModule(file) &&
    file.referencedFiles.length === 0 &&
    file.typeReferenceDirectives.length === 0 &&
    file.libReferenceDirectives.length === 0 &&
    !file.statements.some(isAugmentation)
  );
}

function isAugmentation(statement: ts.Statement): boolean {
  return ts.isModuleDeclaration(statement) && (!ts.isIdentifier(statement.name) || isGlobal(statement));
}

function isGlobal({ flags }: ts.ModuleDeclaration): boolean {
  return (flags & ts.NodeFlags.GlobalAugmentation) !== 0;
}

/** The specifiers in import and export declarations, and in types like `import("module").Type`. */
function importedModules(file: ts.SourceFile): ts.StringLiteralLike[] {
  const found: ts.StringLiteralLike[] = [];
  const add = (node: ts.Node | undefined) => {
    if (node && ts.isStringLiteralLike(node)) found.push(node);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    ts.forEachChild(node, visit);
  };
  const hasTypes = file.text.includes("import(");
  for (const node of file.statements) {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference))
      add(node.moduleReference.expression);
    else if (hasTypes && file.text.slice(node.pos, node.end).includes("import(")) visit(node);
  }
  return found;
}

/** As a program makes a tree its own. What the program finds in it, it remembers by the path, which each has for itself. */
function exchange(program: ProgramInternals, file: FileInternals, count: number): void {
  const known = knownFile(program, file)!;
  const { fileName, originalFileName, resolvedPath, packageJsonScope } = known;
  const own = {
    fileName,
    originalFileName,
    resolvedPath,
    packageJsonScope,
    path: `${resolvedPath}#${count}`,
  };
  const found = { imports: importedModules(file), moduleAugmentations: [], ambientModuleNames: [] };
  Object.assign(file, own, found);
  const files = program.getSourceFiles() as ts.SourceFile[];
  files[files.indexOf(known)] = file;
  program.getFilesByNameMap().set(resolvedPath, file);
  const resolutions = program.resolvedModules?.get(known.path);
  program.resolvedModules?.delete(known.path);
  if (resolutions) program.resolvedModules!.set(file.path, resolutions);
}

/** Whether the checker has something against an earlier tree of this name: it gathers that by name. */
function hasEarlierFindings(program: ProgramInternals, file: ts.SourceFile): boolean {
  return program
    .getTypeChecker()
    .getDiagnostics(file, undefined, [])
    .some((diagnostic) => diagnostic.file !== file);
}
