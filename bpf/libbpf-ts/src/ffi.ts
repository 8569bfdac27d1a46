import { isMainThread } from "node:worker_threads";
import koffi from "koffi";
import { LibraryNotFoundError } from "./errors.js";
import { type Libbpf, type Libc, libbpfPrototypes, libcPrototypes } from "./prototypes.js";

type Call = (...args: unknown[]) => unknown;

let loadedLibbpf: Libbpf | undefined;
let loadedLibc: Libc | undefined;

/** libbpf's functions. The library is opened at the first call, from LIBBPF_PATH when that is set. */
export function libbpf(): Libbpf {
  loadedLibbpf ??= openLibbpf(process.env.LIBBPF_PATH || "libbpf.so.1");
  return loadedLibbpf;
}

/** libc's functions. */
export function libc(): Libc {
  loadedLibc ??= declare(koffi.load(null), libcPrototypes) as unknown as Libc;
  return loadedLibc;
}

function openLibbpf(path: string): Libbpf {
  if (!isMainThread) throw new Error("libbpf-ts works on the main thread only: koffi is not safe in workers");
  try {
    return declare(koffi.load(path), libbpfPrototypes) as unknown as Libbpf;
  } catch (cause) {
    throw new LibraryNotFoundError(path, { cause });
  }
}

function declare(library: ReturnType<typeof koffi.load>, prototypes: Record<string, string>) {
  return Object.fromEntries(
    Object.entries(prototypes).map(([name, prototype]) => {
      const call = library.func(prototype.replace("(", `${name}(`));
      return [name, guard(name, prototype, call)];
    }),
  );
}

/** Refuses what koffi would hand on and the C function would crash on: a JS number where a pointer is due. */
function guard(name: string, prototype: string, call: Call): Call {
  const parameters = prototype.slice(prototype.indexOf("(") + 1, -1).split(", ");
  const pointers = parameters.flatMap((text, index) => (text.includes("*") ? [index] : []));
  const isString = parameters.map((text) => text.startsWith("const char *"));
  return (...args) => {
    for (const index of pointers) {
      const value = args[index];
      const fits = isString[index]
        ? typeof value === "string"
        : value === null || typeof value === "bigint" || value instanceof Uint8Array;
      if (!fits) throw new TypeError(`${name}: ${typeof value} given for ${parameters[index]}`);
    }
    return call(...args);
  };
}

/** errno of the last C call; read it before anything else runs. */
export const errno = (): number => koffi.errno();

/** A view of mapped memory. SAFETY: an access after munmap is a segmentation fault; drop the view before. */
export const viewMemory = (address: bigint, length: number): ArrayBuffer => koffi.view(address, length);

/** A copy of `length` bytes at `address`. SAFETY: both come from libbpf in one call. */
export const copyMemory = (address: bigint, length: number): Uint8Array =>
  new Uint8Array(koffi.view(address, length)).slice();

/** Writes `bytes` at `address`. SAFETY: used on va_list alone, which has this many bytes. */
export const writeMemory = (address: bigint, bytes: Uint8Array): void =>
  new Uint8Array(koffi.view(address, bytes.length)).set(bytes);

/** Where the bytes are. SAFETY: Node moves their store off V8's heap first; valid while the caller holds `bytes`. */
export const addressOf = (bytes: Uint8Array): bigint => koffi.address(bytes);

/** Makes a C function of libbpf's print callback. SAFETY: never unregistered, because libbpf keeps the pointer. */
export const registerPrint = (print: (level: number, format: bigint, args: bigint) => number): bigint =>
  koffi.register(print, koffi.pointer(koffi.proto("int (int level, void *format, void *args)")));
