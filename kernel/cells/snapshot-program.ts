import { join } from "node:path";
import ts from "typescript";
import { isDeclarationFileUnchanged } from "./declaration-files.js";

/** Parts of TypeScript 6.0 that exist at run time and are not declared. */
interface ProgramInternals extends ts.Program {
  getFilesByNameMap(): Map<string, ts.SourceFile>;
  getProgramDiagnosticsContainer(): { setCommonSourceDirectory(path: string | undefined): void };
  resolvedModules?: Map<string, unknown>;
  resolvedTypeReferenceDirectiveNames?: Map<string, ResolvedTypes>;
  getAutomaticTypeDirectiveResolutions(): ResolvedTypes;
}
interface ResolvedTypes {
  forEach(
    call: (found: ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations, name: string) => void,
  ): void;
}
interface FileInternals extends ts.SourceFile {
  path: string;
  resolvedPath: string;
  originalFileName: string;
}

/** Options that say in which folder cells are. */
const FOLDER_OPTIONS: readonly string[] = ["rootDir", "typeRoots"];

let kept: ts.Program | undefined;

/** Leaves a program, with what its type checker knows, to the first cell of another folder: in a snapshot, of all others. */
export function keepProgram(program: ts.Program): void {
  kept = program;
}

/**
 * The program that was kept, once, as one of other root files, whose texts are put into it next.
 *
 * @param roots their names, in the same order
 * @returns undefined when a program of these roots would consist of other files
 */
export function takeProgram(
  roots: readonly string[],
  options: ts.CompilerOptions,
  host: ts.ModuleResolutionHost,
): ts.Program | undefined {
  const program = kept as ProgramInternals | undefined;
  kept = undefined;
  if (!program || !isAlike(program, options, host)) return undefined;
  const before = program.getRootFileNames();
  if (before.length !== roots.length) return undefined;
  const isUnchanged = ({ fileName }: ts.SourceFile) =>
    before.includes(fileName) || isDeclarationFileUnchanged(fileName);
  if (!program.getSourceFiles().every(isUnchanged)) return undefined;
  Object.assign(program.getCompilerOptions(), options);
  for (const [index, name] of before.entries()) rename(program, name, roots[index]);
  program.getRootFileNames = () => roots;
  program.getProgramDiagnosticsContainer().setCommonSourceDirectory(undefined); // it follows from the options
  return program;
}

/** Whether types of packages and modules are found in the same files, the cells' own folder aside. */
function isAlike(
  program: ProgramInternals,
  options: ts.CompilerOptions,
  host: ts.ModuleResolutionHost,
): boolean {
  if (comparable(program.getCompilerOptions()) !== comparable(options)) return false;
  const file = join(options.rootDir!, "types.ts");
  const known = new Map<string, string | undefined>();
  for (const resolved of [
    program.getAutomaticTypeDirectiveResolutions(),
    ...(program.resolvedTypeReferenceDirectiveNames?.values() ?? []),
  ])
    resolved.forEach((found, name) => void known.set(name, fileOf(found)));
  return [...known].every(
    ([name, found]) => found === fileOf(ts.resolveTypeReferenceDirective(name, file, options, host)),
  );
}

function comparable(options: ts.CompilerOptions): string {
  return JSON.stringify(Object.entries(options).filter(([name]) => !FOLDER_OPTIONS.includes(name)));
}

function fileOf(found: ts.ResolvedTypeReferenceDirectiveWithFailedLookupLocations): string | undefined {
  return found.resolvedTypeReferenceDirective?.resolvedFileName;
}

function rename(program: ProgramInternals, before: string, name: string): void {
  const file = program.getSourceFile(before) as FileInternals;
  const resolutions = program.resolvedModules?.get(file.path);
  program.resolvedModules?.delete(file.path);
  program.getFilesByNameMap().delete(file.resolvedPath);
  Object.assign(file, { fileName: name, originalFileName: name, path: name, resolvedPath: name });
  program.getFilesByNameMap().set(name, file);
  if (resolutions) program.resolvedModules!.set(name, resolutions);
}
