/** The last part of a module's path: `libc.so.6`; `[kernel]` is itself. */
export function shortModule(module: string): string {
  return module.slice(module.lastIndexOf("/") + 1) || module;
}
