import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as library from "gecko-profiler-demangle/index_bg.js";
import { BoundedCache } from "./bounded-cache.js";
import { printable } from "./symbol-name.js";
import { limitMemory } from "./wasm-memory.js";

/** Longest mangled name that is tried, and longest result, in UTF-16 units; what is longer is cut and ends in `…`. */
const MAX_MANGLED = 4096;
export const MAX_DEMANGLED = 4096;

/**
 * Most memory of the library. Thirty letters can stand for gigabytes (each substitution doubles the last); with 4 MiB
 * it gives up after some 20 ms.
 */
const MAX_PAGES = 64;
/** Names that are remembered, at least, of usual length. */
const CACHED_NAMES = 1 << 15;
const USUAL_LENGTH = 256;

/** Itanium C++ and legacy Rust (`_Z`), Rust v0 (`_R`), and what a linker or a compiler put behind. */
const MANGLED = /^_(?:Z|R[A-Z])/;
const STUB = "@plt";

class Demangler {
  readonly #known = new BoundedCache<string, string>(
    CACHED_NAMES,
    (name, shown) => (name.length + shown.length) / USUAL_LENGTH,
  );
  #module?: WebAssembly.Module;
  #instance?: WebAssembly.Instance;
  #failure?: string;

  /** Returns the name to show. Does not throw. */
  demangle(name: string): string {
    if (!MANGLED.test(name) || name.length > MAX_MANGLED || this.#failure !== undefined) return name;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const isStub = name.endsWith(STUB);
    const shown = this.#ask(isStub ? name.slice(0, -STUB.length) : name);
    const result = shown === undefined ? name : shown + (isStub ? STUB : "");
    this.#known.set(name, result);
    return result;
  }

  /** Why C++ and Rust names stay mangled, if so. */
  notes(): string[] {
    return this.#failure === undefined ? [] : [`C++ and Rust names stay mangled: ${this.#failure}`];
  }

  #ask(name: string): string | undefined {
    if (!this.#start()) return undefined;
    try {
      const shown = library.demangle_any(name);
      // A name that is not taken comes back, some without their first underscore.
      if (shown === name || shown === name.slice(1)) return undefined;
      return bounded(printable(shown));
    } catch {
      // It ran out of memory or into a trap, and is in an unknown state: the next name gets another instance.
      this.#drop();
      return undefined;
    }
  }

  #start(): boolean {
    if (this.#instance) return true;
    try {
      this.#module ??= new WebAssembly.Module(limitMemory(readFileSync(modulePath()), MAX_PAGES));
      this.#instance = new WebAssembly.Instance(this.#module, { "./index_bg.js": { ...library } });
      library.__wbg_set_wasm(this.#instance.exports);
      (this.#instance.exports.__wbindgen_start as () => void)();
      return true;
    } catch (error) {
      this.#failure = (error as Error).message;
      return false;
    }
  }

  #drop(): void {
    // Growing by nothing detaches the buffer, by which the glue sees that its view of the memory is void.
    (this.#instance?.exports.memory as WebAssembly.Memory | undefined)?.grow(0);
    this.#instance = undefined;
  }
}

/**
 * Gives names of C++ and Rust functions as people write them; other names stay as they are.
 *
 * One for all: the library's glue knows one instance at a time.
 */
export const demangler = new Demangler();

function modulePath(): string {
  return fileURLToPath(import.meta.resolve("gecko-profiler-demangle/index_bg.wasm"));
}

function bounded(name: string): string {
  return name.length > MAX_DEMANGLED ? `${name.slice(0, MAX_DEMANGLED - 1)}…` : name;
}
