import { checkSyscall, failure } from "./check.js";
import { errno, libc, viewMemory } from "./ffi.js";
import type { Address } from "./prototypes.js";

/** Shared memory of a BPF map. Views of `buffer` must be dropped before unmap(). */
export class Memory {
  readonly #operation: string;
  readonly #address: Address;
  readonly #length: number;
  #buffer: ArrayBuffer | undefined;

  /** Maps `length` bytes of `fd` from `offset`, both multiples of the page size. */
  constructor(operation: string, fd: number, length: number, offset: number, isWritable: boolean) {
    const protection = PROT_READ | (isWritable ? PROT_WRITE : 0);
    const address = libc().mmap(null, length, protection, MAP_SHARED, fd, offset);
    if (address === MAP_FAILED) throw failure(operation, errno());
    this.#operation = operation;
    this.#address = address;
    this.#length = length;
    this.#buffer = viewMemory(address, length);
  }

  /** SAFETY: every view of it is private to one class of this package, which drops it in release(). */
  get buffer(): ArrayBuffer {
    if (this.#buffer === undefined) throw new Error(`${this.#operation}: used after unmap`);
    return this.#buffer;
  }

  /** Call once. */
  unmap(): void {
    this.#buffer = undefined;
    checkSyscall(`un${this.#operation}`, libc().munmap(this.#address, this.#length));
  }
}

// include/uapi/asm-generic/mman-common.h; sysconf names from bits/confname.h.
const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const SC_PAGESIZE = 30;

/** In bytes. */
export const pageSize = (): number => libc().sysconf(SC_PAGESIZE);

/** `bytes` rounded up to whole pages. */
export const wholePages = (bytes: number): number => Math.ceil(bytes / pageSize()) * pageSize();
