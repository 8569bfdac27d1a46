import ts from "typescript";
import { type BuildSource, CellBuild } from "./cell-build.js";
import { type Declarations, declarationFile, declarationImport, fileVersion } from "./declaration-files.js";
import { restorer } from "./declarations.js";
import type { EmittedFile } from "./emit.js";
import { endExchanges, exchangeRoots, isWornOut } from "./exchange-roots.js";
import { LIBRARY, libraryText } from "./library-file.js";
import { nodeTypes } from "./node-types.js";
import { noteBuiltinModules, noteImport, rareModulesAdded } from "./rare-modules.js";
import { keepProgram, takeProgram } from "./snapshot-program.js";

/** Parts of TypeScript 6.0 that exist at run time and are not declared. */
interface Internals {
  bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void;
  getSetExternalModuleIndicator(options: ts.CompilerOptions): (file: ts.SourceFile) => void;
}
const internals = ts as unknown as Internals;

type CompilerHostInternals = ts.CompilerHost & { hasInvalidatedResolutions(path: string): boolean };

/** A text that may ask for a module. */
const MENTIONS_MODULE = /\b(?:import|require|from)\b/;

/** What tslab passes from `createWatchCompilerHost` to `createWatchProgram`. */
export interface CellProgramHost {
  roots: readonly string[];
  options: ts.CompilerOptions;
  /** tslab's view of the files: the cell's text, the declarations of earlier cells, modules kept in memory. */
  system: ts.System;
  /** Gets a new {@link CellBuild} whenever a text has changed. */
  afterProgramCreate?(build: CellBuild): void;
  /** Hears what is made of the cell itself: an ES module, or at once what it becomes at last. */
  onCell(text: string, emitted?: EmittedFile): void;
}

/** Name that tslab gives to a cell. */
const CELL = /__tslab__\.ts$/;
/** What it puts before each text. */
const MODULE_PREFIX = "export {};\n";

/**
 * The program of a cell, kept from cell to cell, in place of TypeScript's watch.
 *
 * The watch makes a program at each change of a text, of which tslab makes two or three a cell, and hashes the whole of
 * it. Here one is made when something is asked that needs it, and what did not change is taken over from the last.
 */
export class CellProgram implements BuildSource {
  readonly #host: CellProgramHost;
  readonly #compilerHost: CompilerHostInternals;
  #roots: readonly string[];
  #program: ts.Program | undefined;
  readonly #files = new Map<string, ts.SourceFile>();
  /** Puts a root's tree back as it was parsed. */
  readonly #restore = new WeakMap<ts.SourceFile, () => void>();
  /** Files of the user's folder, which may change, and their versions. */
  readonly #sideFiles = new Map<string, string>();
  /** Where modules are, until a cell asks for one: it may have been installed since. */
  readonly #resolutions: ts.ModuleResolutionCache;
  #isRebuildDue = false;

  constructor(host: CellProgramHost) {
    this.#host = host;
    this.#roots = host.roots;
    this.#resolutions = ts.createModuleResolutionCache(
      host.system.getCurrentDirectory(),
      (name) => name,
      host.options,
    );
    this.#compilerHost = this.#createCompilerHost();
    for (const root of this.#roots) host.system.watchFile!(root, () => this.#scheduleRebuild());
    host.afterProgramCreate?.(new CellBuild(this));
  }

  get options(): ts.CompilerOptions {
    return this.#host.options;
  }

  /** The program that was made last. */
  get program(): ts.Program | undefined {
    return this.#program;
  }

  onCell(text: string, emitted?: EmittedFile): void {
    this.#host.onCell(text, emitted);
  }

  /** A root's text, parsed and bound: enough to know what it declares. Undefined for other files. */
  boundRoot(name: string): ts.SourceFile | undefined {
    if (!this.#roots.includes(name)) return undefined;
    const file = this.#compilerHost.getSourceFile(name, this.#parseOptions());
    if (file) internals.bindSourceFile(file, this.options);
    // Of `declare global`, which is no name that could be exported.
    (file as { locals?: Map<string, unknown> } | undefined)?.locals?.delete("__global");
    return file;
  }

  /** The program of the texts as they are now. */
  create(): ts.Program {
    this.#program ??= takeProgram(this.#roots, this.options, this.#compilerHost);
    if (!rareModulesAdded() && this.#program && this.#exchange(this.#program)) return this.#program;
    return this.#renew();
  }

  #renew(): ts.Program {
    if (this.#program) endExchanges(this.#program, this.#roots);
    do this.#program = ts.createProgram([...this.#roots], this.options, this.#compilerHost, this.#program);
    while (rareModulesAdded());
    return this.#program;
  }

  /** Brings the program up to date in the short way, if there is one. */
  #exchange(program: ts.Program): boolean {
    if (this.#mayImport() || this.#roots.length !== program.getRootFileNames().length) return false;
    const roots = this.#roots.map((root) => this.boundRoot(root));
    return roots.every((root) => root !== undefined) && exchangeRoots(program, roots);
  }

  /**
   * Does ahead what the next cell would wait for.
   *
   * @param declarations what it will be given of the cells before
   */
  prepare(declarations: string): void {
    const cell = this.#roots.find((root) => CELL.test(root));
    const file = cell === undefined ? undefined : this.#program?.getSourceFile(cell);
    if (file && isWornOut(this.#program!, file)) this.#renew().getTypeChecker();
    const [path] = this.#roots;
    internals.bindSourceFile(
      this.#root(path, MODULE_PREFIX + declarations, this.#parseOptions()),
      this.options,
    );
  }

  updateRootFileNames(roots: readonly string[]): void {
    this.#roots = roots;
    this.#scheduleRebuild();
  }

  /** Ends it, and leaves the program to the next one. */
  keep(): void {
    if (this.#program) keepProgram(this.#program);
    this.close();
  }

  close(): void {
    this.#program = undefined;
    this.#files.clear();
    watchers.clear(); // they hold all of this
  }

  /** tslab runs what it is given when it has told all changes. */
  #scheduleRebuild(): void {
    if (this.#isRebuildDue) return;
    this.#isRebuildDue = true;
    this.#host.system.setTimeout!(() => {
      this.#isRebuildDue = false;
      this.#forgetChangedFiles();
      // The checker knows the tree of a cell, and what its names were then.
      for (const root of this.#roots) if (CELL.test(root)) this.#files.delete(root);
      if (this.#mayImport()) this.#resolutions.clear();
      this.#host.afterProgramCreate?.(new CellBuild(this));
    }, 0);
  }

  #mayImport(): boolean {
    if (this.#sideFiles.size > 0) return true;
    const cells = this.#roots.filter((root) => !root.endsWith(".d.ts"));
    return cells.some((cell) => MENTIONS_MODULE.test(this.#host.system.readFile(cell) ?? ""));
  }

  #createCompilerHost(): CompilerHostInternals {
    const { system } = this.#host;
    const host: CompilerHostInternals = {
      ...ts.createCompilerHost(this.options),
      getCurrentDirectory: () => system.getCurrentDirectory(),
      getDefaultLibLocation: () => LIBRARY,
      fileExists: (path) => system.fileExists(path),
      readFile: (path) => system.readFile(path),
      directoryExists: (path) => system.directoryExists(path),
      readDirectory: (path, ...rest) => system.readDirectory(path, ...rest),
      getSourceFile: (path, options) => this.#sourceFile(path, options),
      // An import of a file that was not there yet.
      hasInvalidatedResolutions: (path) => this.#sideFiles.has(path),
      getModuleResolutionCache: () => this.#resolutions,
      resolveModuleNameLiterals: (literals, path, redirected, options, file) =>
        literals.map((literal) => {
          noteImport(literal.text, path);
          const mode = ts.getModeForUsageLocation(file, literal, options);
          const resolve = () =>
            ts.resolveModuleName(literal.text, path, options, host, this.#resolutions, redirected, mode);
          return isFixed(path) ? declarationImport(path, `${mode} ${literal.text}`, resolve) : resolve();
        }),
    };
    return host;
  }

  #sourceFile(
    path: string,
    options: ts.ScriptTarget | ts.CreateSourceFileOptions,
  ): ts.SourceFile | undefined {
    const { system } = this.#host;
    const isRoot = this.#roots.includes(path);
    if (!isRoot && isFixed(path)) return declarationFile(path, (name) => this.#declarations(name), options);
    const known = this.#files.get(path);
    if (known && !isRoot) return known;
    const text = system.readFile(path);
    if (text === undefined) return known;
    if (isRoot) return this.#root(path, CELL.test(path) ? withTypedExports(text) : text, options);
    const file = ts.createSourceFile(path, text, options);
    this.#files.set(path, file);
    this.#watch(path);
    return file;
  }

  /** The tree of a root's text, as it was parsed. */
  #root(path: string, text: string, options: ts.ScriptTarget | ts.CreateSourceFileOptions): ts.SourceFile {
    const known = this.#files.get(path);
    const restore = known?.text === text ? this.#restore.get(known) : undefined;
    if (known && restore) {
      restore();
      return known;
    }
    noteBuiltinModules(text);
    const file = ts.createSourceFile(path, text, options);
    this.#files.set(path, file);
    this.#restore.set(file, restorer(file));
    return file;
  }

  #declarations(path: string): Declarations | undefined {
    const made = nodeTypes(path);
    if (made) return made;
    const text = libraryText(path) ?? this.#host.system.readFile(path);
    return text === undefined ? undefined : { text, files: [path] };
  }

  #watch(path: string): void {
    if (!this.#sideFiles.has(path)) this.#host.system.watchFile!(path, () => this.#files.delete(path));
    this.#sideFiles.set(path, fileVersion(path));
  }

  #forgetChangedFiles(): void {
    for (const [path, known] of this.#sideFiles) {
      if (fileVersion(path) === known) continue;
      this.#sideFiles.delete(path);
      fileChanged(path);
    }
  }

  #parseOptions(): ts.CreateSourceFileOptions {
    const setExternalModuleIndicator = internals.getSetExternalModuleIndicator(this.options);
    return { languageVersion: this.options.target!, setExternalModuleIndicator };
  }
}

/** Before the list of exports, `global` at the end of a cell begins a declaration. */
const LAST_GLOBAL = /(?<=\n[ \t]*global\s*\n)(?=export \{[^}]*\}$)/;

/** tslab exports a cell's names as TypeScript's tables have them: one that begins with two underscores has a third there. */
function withTypedExports(text: string): string {
  const list = (found: string) => found.replace(/(?<![\w$])___/g, "__");
  return text.replace(/\nexport \{[^}]*\}$/, list).replace(LAST_GLOBAL, ";");
}

/** Who wants to hear that a file of the user's folder has changed. */
const watchers = new Map<string, ts.FileWatcherCallback>();

/** `watchFile` of the system that tslab sees: files are looked at before each cell, when it matters. */
export function watchFile(path: string, callback: ts.FileWatcherCallback): ts.FileWatcher {
  watchers.set(path, callback);
  return { close: () => watchers.delete(path) };
}

function fileChanged(path: string): void {
  watchers.get(path)?.(path, ts.FileWatcherEventKind.Changed);
}

/** Whether a file stays as it is under a running kernel: declarations, and all of a package. */
function isFixed(path: string): boolean {
  return (
    path.endsWith(".d.ts") ||
    path.endsWith(".d.cts") ||
    path.endsWith(".d.mts") ||
    path.includes("/node_modules/")
  );
}
