// The package's glue without its index.js, which only bundlers can load (it imports a .wasm file).
declare module "gecko-profiler-demangle/index_bg.js" {
  export function __wbg_set_wasm(exports: WebAssembly.Exports): void;
  export function __wbindgen_init_externref_table(): void;
  /** Returns the demangled name; a name that no demangler takes comes back nearly as it was. */
  export function demangle_any(name: string): string;
}

// What is used of WebAssembly: Node has it, its types come with the DOM's only.
declare namespace WebAssembly {
  class RuntimeError extends Error {}
  type Exports = Record<string, unknown>;
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Exports;
  }
  class Memory {
    grow(pages: number): number;
  }
}
