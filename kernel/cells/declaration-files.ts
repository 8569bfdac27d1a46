import { statSync } from "node:fs";
import ts from "typescript";

/** What a declaration file says, and the files on disk that this was made of. */
export interface Declarations {
  text: string;
  files: readonly string[];
}

interface Known {
  file: ts.SourceFile;
  /** The files that it was made of, and their versions. */
  versions: ReadonlyMap<string, string>;
  /** Where its imports lead, by mode and specifier. */
  resolutions: Map<string, ts.ResolvedModuleWithFailedLookupLocations>;
}

/**
 * Declaration files of the kernel and of packages, parsed: two thirds of what the first cell would wait for.
 *
 * They outlive a program, and the process as well, in the compiler's snapshot.
 */
const known = new Map<string, Known>();
/** Those that are known to be on disk as they were parsed. */
const checked = new Set<string>();

/** A file that stays as it is while the kernel runs. @returns undefined when there is none */
export function declarationFile(
  path: string,
  read: (path: string) => Declarations | undefined,
  options: ts.ScriptTarget | ts.CreateSourceFileOptions,
): ts.SourceFile | undefined {
  const found = known.get(path);
  if (found && isUnchanged(path, found)) return found.file;
  const made = read(path);
  if (made === undefined) return undefined;
  const file = ts.createSourceFile(path, made.text, options);
  const versions = new Map(made.files.map((name) => [name, fileVersion(name)]));
  known.set(path, { file, versions, resolutions: new Map() });
  checked.add(path);
  return file;
}

/** Whether such a file is known, and on disk as it was when it was parsed. */
export function isDeclarationFileUnchanged(path: string): boolean {
  const found = known.get(path);
  return found !== undefined && isUnchanged(path, found);
}

/** Where an import of such a file leads; it is looked up once. */
export function declarationImport(
  path: string,
  key: string,
  resolve: () => ts.ResolvedModuleWithFailedLookupLocations,
): ts.ResolvedModuleWithFailedLookupLocations {
  const resolutions = known.get(path)?.resolutions;
  const found = resolutions?.get(key);
  if (found) return found;
  const resolved = resolve();
  resolutions?.set(key, resolved);
  return resolved;
}

/** Makes each file be compared with the disk at its next use: a snapshot may be older than it. */
export function recheckDeclarationFiles(): void {
  checked.clear();
}

/** Makes files be read anew. */
export function forgetDeclarationFiles(isMeant: (path: string) => boolean): void {
  for (const path of known.keys()) if (isMeant(path)) known.delete(path);
}

/** Changes when the file does; empty for one that is in memory only. */
export function fileVersion(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.mtimeMs}:${stat.size}` : "";
}

function isUnchanged(path: string, { versions }: Known): boolean {
  if (checked.has(path)) return true;
  for (const [name, version] of versions) if (fileVersion(name) !== version) return false;
  checked.add(path);
  return true;
}
