import Module from "node:module";
import { dirname } from "node:path";
import ts from "typescript";
import { blockDeclarations } from "./block-variables.js";
import { CellProgram, type CellProgramHost, watchFile } from "./cell-program.js";
import { declarationsPrinter } from "./declarations.js";
import { type Emitted, type EmittedFile, emitCommonJs } from "./emit.js";
import { LIBRARIES } from "./library-file.js";
import { signatureAt } from "./signature-help.js";
import { checkOptions, diagnosticsOf, type TypeCheck } from "./type-check.js";

/** Parts of TypeScript 6.0 that exist at run time and are not declared. The version is pinned for their sake. */
interface Internals {
  nullTransformationContext: unknown;
  Completions: { getCompletionsAtPosition(host: object, ...rest: unknown[]): ts.CompletionInfo | undefined };
  SymbolDisplay: {
    getSymbolDisplayPartsDocumentationAndSymbolKind(
      checker: ts.TypeChecker,
      symbol: ts.Symbol,
      file: ts.SourceFile,
      enclosing: ts.Node | undefined,
      location: ts.Node,
    ): Pick<ts.QuickInfo, "displayParts" | "documentation" | "tags"> & { symbolKind: ts.ScriptElementKind };
  };
  getTouchingPropertyName(file: ts.SourceFile, position: number): ts.Node;
  getContainerNode(node: ts.Node): ts.Node | undefined;
  createTextSpanFromNode(node: ts.Node, file: ts.SourceFile): ts.TextSpan;
  typeToDisplayParts(checker: ts.TypeChecker, type: ts.Type, enclosing?: ts.Node): ts.SymbolDisplayPart[];
}
const internals = ts as unknown as Internals;

const FORK = "@tslab/typescript-for-tslab";

export interface ShimSettings {
  /** The notebook's folder. */
  directory: string;
  /** Modules described by a declaration file of the kernel: name → absolute path. */
  modules: Record<string, string>;
  /** Folder that has `@types` packages for a notebook that has none. */
  typesDirectory: string;
  typeCheck: TypeCheck;
}

/** TypeScript as tslab's converter wants it, and what it emitted since {@link Emitted} was emptied. */
export interface Shim {
  typescript: object;
  emitted: Emitted;
  /** Does ahead what the next text would wait for, with what it will be given of earlier cells. */
  prepare(declarations: string): void;
  /** Leaves the program that was used last to the compiler of another folder. */
  keepProgram(): void;
  /** Declarations for later cells that TypeScript leaves out of the cell's. */
  blockDeclarations(): string;
}

/**
 * Makes stock TypeScript look like tslab's own fork of TypeScript 5.0.
 *
 * What the fork has and TypeScript lacks is rebuilt; the compiler options that tslab sets are brought up to date, so that
 * cells are checked strictly, find packages by their `exports`, and may say `using` and `await` wherever the language allows.
 */
export function createShim(settings: ShimSettings): Shim {
  let program: CellProgram | undefined;
  const shim: Shim = {
    typescript: {},
    emitted: new Map(),
    prepare: (declarations) => program?.prepare(declarations),
    keepProgram: () => program?.keep(),
    blockDeclarations: () => (program?.program ? blockDeclarations(program.program) : ""),
  };
  let cell: { text: string; emitted?: EmittedFile } | undefined;
  const onCell = (text: string, emitted?: EmittedFile) => {
    cell = { text, emitted };
  };
  shim.typescript = {
    ...ts,
    getNullTransformationContext: () => internals.nullTransformationContext,
    getDefaultTypeRoots,
    getQuickInfoAtPosition: (file: ts.SourceFile, checker: ts.TypeChecker, _: unknown, position: number) => ({
      ...getQuickInfoAtPosition(file, checker, position),
      signatureHelp: () => program?.program && signatureAt(program.program, file, position),
    }),
    getPreEmitDiagnosticsOfFiles: (program: ts.Program, files: ts.SourceFile[]) =>
      files.flatMap((file) => diagnosticsOf(program, file, settings.typeCheck)),
    Completions: {
      ...internals.Completions,
      getCompletionsAtPositionForTslab: (_: object, ...rest: unknown[]) =>
        internals.Completions.getCompletionsAtPosition(completionHost(settings), ...rest, undefined),
    },
    createPrinter: declarationsPrinter,
    sys: Object.assign(Object.create(ts.sys), { watchFile, getCurrentDirectory: () => settings.directory }),
    createWatchCompilerHost: (
      roots: string[],
      options: ts.CompilerOptions,
      system: ts.System,
    ): CellProgramHost => ({ roots, options: cellOptions(options, settings), system, onCell }),
    createWatchProgram: (host: CellProgramHost) => {
      program = new CellProgram(host);
      return program;
    },
    transpileModule: (code: string) => {
      const isCell = code === cell?.text;
      const file = (isCell && cell?.emitted) || emitCommonJs(code, isCell);
      shim.emitted.set(file.code, file);
      return { outputText: file.code };
    },
  };
  return shim;
}

/** Runs `load` while CommonJS modules that ask for tslab's fork of TypeScript get the shim. */
export function withShim<T>(typescript: object, load: () => T): T {
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const original = loader._load;
  loader._load = function (request, ...rest) {
    return request === FORK ? typescript : original.call(this, request, ...rest);
  };
  try {
    return load();
  } finally {
    loader._load = original;
  }
}

function cellOptions(tslabOptions: ts.CompilerOptions, settings: ShimSettings): ts.CompilerOptions {
  const { noImplicitUseStrict: _, disableTopLevelAwait: __, ...options } = tslabOptions;
  return {
    ...options,
    module: ts.ModuleKind.Preserve, // like ESNext, and `import x = require()` is allowed
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    // `using` stays as it is until the second step (`emit.ts`), after the last expression was found.
    target: ts.ScriptTarget.ESNext,
    lib: [...LIBRARIES],
    types: ["node"],
    typeRoots: [
      // tslab's own are those of an old Node.js.
      ...(options.typeRoots ?? []).filter((root) => !root.includes("/tslab/")),
      settings.typesDirectory,
    ],
    paths: Object.fromEntries(Object.entries(settings.modules).map(([name, file]) => [name, [file]])),
    ...checkOptions(settings.typeCheck),
    experimentalDecorators: false,
    rewriteRelativeImportExtensions: true,
    inlineSourceMap: true,
  };
}

function getDefaultTypeRoots(directory: string, host: { directoryExists(path: string): boolean }): string[] {
  const roots: string[] = [];
  for (let at = directory; ; at = dirname(at)) {
    const root = `${at === "/" ? "" : at}/node_modules/@types`;
    if (host.directoryExists(root)) roots.push(root);
    if (dirname(at) === at) return roots;
  }
}

/** What completion looks at for the paths and packages of imports. */
function completionHost(settings: ShimSettings): object {
  const { fileExists, readFile, directoryExists, getDirectories, readDirectory } = ts.sys;
  return {
    ...{ fileExists, readFile, directoryExists, getDirectories, readDirectory },
    getCurrentDirectory: () => settings.directory,
    useCaseSensitiveFileNames: () => true,
    getGlobalTypingsCacheLocation: () => undefined,
  };
}

function getQuickInfoAtPosition(
  file: ts.SourceFile,
  checker: ts.TypeChecker,
  position: number,
): ts.QuickInfo | undefined {
  let node = internals.getTouchingPropertyName(file, position);
  if ((node as ts.Node) === file) return undefined;
  if (ts.isNewExpression(node.parent) && node.pos === node.parent.pos) node = node.parent.expression;
  const textSpan = internals.createTextSpanFromNode(node, file);
  const container = internals.getContainerNode(node);
  const symbol = expectedProperty(node, checker) ?? checker.getSymbolAtLocation(node);
  if (!symbol) {
    const displayParts = internals.typeToDisplayParts(checker, checker.getTypeAtLocation(node), container);
    return { kind: ts.ScriptElementKind.unknown, kindModifiers: "", textSpan, displayParts };
  }
  const { symbolKind, ...parts } = internals.SymbolDisplay.getSymbolDisplayPartsDocumentationAndSymbolKind(
    checker,
    symbol,
    file,
    container,
    node,
  );
  return { kind: symbolKind, kindModifiers: "", textSpan, ...parts };
}

/** For a name in an object literal: the property that is expected there, which is documented, unlike the one written. */
function expectedProperty(node: ts.Node, checker: ts.TypeChecker): ts.Symbol | undefined {
  const literal = node.parent?.parent;
  if (!literal || !ts.isObjectLiteralExpression(literal) || !ts.isIdentifier(node)) return undefined;
  if ((node.parent as ts.ObjectLiteralElementLike).name !== node) return undefined;
  const expected = checker.getContextualType(literal);
  const types = expected?.isUnion() ? expected.types : [expected];
  return types.map((type) => type?.getProperty(node.text)).find(Boolean);
}
