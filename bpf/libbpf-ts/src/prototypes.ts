declare const brand: unique symbol;
/** An address inside libbpf; it never leaves this package. */
export type Pointer<Name extends string> = bigint & { readonly [brand]: Name };
export type ObjectPointer = Pointer<"bpf_object">;
export type ProgramPointer = Pointer<"bpf_program">;
export type MapPointer = Pointer<"bpf_map">;
export type BtfPointer = Pointer<"btf">;
/** An address with a length known from elsewhere. */
export type Address = Pointer<"memory">;

/** The functions of libbpf that the binding calls. A negative int is -errno; a null pointer leaves errno set. */
export interface Libbpf {
  libbpf_major_version(): number;
  libbpf_version_string(): string;
  libbpf_set_print(print: bigint | null): bigint | null;
  bpf_object__open_file(path: string, options: null): ObjectPointer | null;
  bpf_object__open_mem(bytes: Uint8Array, length: number, options: null): ObjectPointer | null;
  bpf_object__load(object: ObjectPointer): number;
  bpf_object__close(object: ObjectPointer): void;
  bpf_object__btf(object: ObjectPointer): BtfPointer | null;
  btf__raw_data(btf: BtfPointer, size: Uint8Array): Address | null;
  bpf_object__next_program(object: ObjectPointer, after: ProgramPointer | null): ProgramPointer | null;
  bpf_object__next_map(object: ObjectPointer, after: MapPointer | null): MapPointer | null;
  bpf_program__name(program: ProgramPointer): string;
  bpf_program__autoload(program: ProgramPointer): boolean;
  bpf_program__set_autoload(program: ProgramPointer, autoload: boolean): number;
  bpf_program__fd(program: ProgramPointer): number;
  bpf_map__name(map: MapPointer): string;
  bpf_map__is_internal(map: MapPointer): boolean;
  bpf_map__fd(map: MapPointer): number;
  bpf_map__type(map: MapPointer): number;
  bpf_map__max_entries(map: MapPointer): number;
  bpf_map__set_max_entries(map: MapPointer, maxEntries: number): number;
  bpf_map__reuse_fd(map: MapPointer, fd: number): number;
  bpf_map__initial_value(map: MapPointer, size: Uint8Array): Address | null;
  bpf_map__set_initial_value(map: MapPointer, data: Uint8Array, size: number): number;
  bpf_obj_get_info_by_fd(fd: number, info: Uint8Array, length: Uint8Array): number;
  bpf_map_create(
    type: number,
    name: string,
    keySize: number,
    valueSize: number,
    maxEntries: number,
    options: Uint8Array,
  ): number;
  bpf_map_lookup_elem(fd: number, key: Uint8Array, value: Uint8Array): number;
  bpf_map_update_elem(fd: number, key: Uint8Array, value: Uint8Array, flags: number): number;
  bpf_map_delete_elem(fd: number, key: Uint8Array): number;
  bpf_map_get_next_key(fd: number, key: Uint8Array | null, next: Uint8Array): number;
  bpf_map_lookup_batch(
    fd: number,
    inBatch: Uint8Array | null,
    outBatch: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
    count: Uint8Array,
    options: null,
  ): number;
  bpf_map_update_batch(
    fd: number,
    keys: Uint8Array,
    values: Uint8Array,
    count: Uint8Array,
    options: null,
  ): number;
  bpf_link_create(program: number, target: number, attachType: number, options: null): number;
  bpf_raw_tracepoint_open(name: null, program: number): number;
  bpf_prog_test_run_opts(fd: number, options: Uint8Array): number;
}

/** The functions of libc that the binding calls. -1 leaves errno set. */
export interface Libc {
  mmap(address: null, length: number, prot: number, flags: number, fd: number, offset: number): Address;
  munmap(address: Address, length: number): number;
  sysconf(name: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array | null): number;
  syscall(number: number, a: Uint8Array, b: number, c: number, d: number, e: number): number;
  vsnprintf(buffer: Uint8Array, size: number, format: bigint, args: bigint): number;
}

// SAFETY: each string is the declaration in bpf/libbpf.h, bpf/bpf.h or bpf/btf.h without the function's name and
// with every struct pointer widened to `void *`, which the calling convention does not distinguish.
// test/prototypes.test.ts compares them with the installed headers. Where the C side writes through a pointer, it
// writes as many bytes as the header says: callers size the array from what the kernel reports of the map.
export const libbpfPrototypes: Record<keyof Libbpf, string> = {
  libbpf_major_version: "uint32_t (void)",
  libbpf_version_string: "const char *(void)",
  libbpf_set_print: "void *(void *fn)",
  bpf_object__open_file: "void *(const char *path, const void *opts)",
  bpf_object__open_mem: "void *(const void *obj_buf, size_t obj_buf_sz, const void *opts)",
  bpf_object__load: "int (void *obj)",
  bpf_object__close: "void (void *object)",
  bpf_object__btf: "void *(const void *obj)",
  btf__raw_data: "const void *(const void *btf, void *size)",
  bpf_object__next_program: "void *(const void *obj, void *prog)",
  bpf_object__next_map: "void *(const void *obj, const void *map)",
  bpf_program__name: "const char *(const void *prog)",
  bpf_program__autoload: "bool (const void *prog)",
  bpf_program__set_autoload: "int (void *prog, bool autoload)",
  bpf_program__fd: "int (const void *prog)",
  bpf_map__name: "const char *(const void *map)",
  bpf_map__is_internal: "bool (const void *map)",
  bpf_map__fd: "int (const void *map)",
  bpf_map__type: "int (const void *map)",
  bpf_map__max_entries: "uint32_t (const void *map)",
  bpf_map__set_max_entries: "int (void *map, uint32_t max_entries)",
  bpf_map__reuse_fd: "int (void *map, int fd)",
  bpf_map__initial_value: "const void *(void *map, void *psize)",
  bpf_map__set_initial_value: "int (void *map, const void *data, size_t size)",
  bpf_obj_get_info_by_fd: "int (int bpf_fd, void *info, void *info_len)",
  bpf_map_create:
    "int (int map_type, const char *map_name, uint32_t key_size, uint32_t value_size, uint32_t max_entries, const void *opts)",
  bpf_map_lookup_elem: "int (int fd, const void *key, void *value)",
  bpf_map_update_elem: "int (int fd, const void *key, const void *value, uint64_t flags)",
  bpf_map_delete_elem: "int (int fd, const void *key)",
  bpf_map_get_next_key: "int (int fd, const void *key, void *next_key)",
  bpf_map_lookup_batch:
    "int (int fd, void *in_batch, void *out_batch, void *keys, void *values, void *count, const void *opts)",
  bpf_map_update_batch: "int (int fd, const void *keys, const void *values, void *count, const void *opts)",
  bpf_link_create: "int (int prog_fd, int target_fd, int attach_type, const void *opts)",
  bpf_raw_tracepoint_open: "int (const void *name, int prog_fd)",
  bpf_prog_test_run_opts: "int (int prog_fd, void *opts)",
};

// SAFETY: off_t is 64 bits on every 64-bit Linux. ioctl and syscall are variadic in C; given integers and pointers
// only, the x86-64 and arm64 Linux conventions pass them as if they were named.
export const libcPrototypes: Record<keyof Libc, string> = {
  mmap: "void *(void *addr, size_t length, int prot, int flags, int fd, int64_t offset)",
  munmap: "int (void *addr, size_t length)",
  sysconf: "long (int name)",
  ioctl: "int (int fd, unsigned long request, void *argument)",
  syscall: "long (long number, const void *a, long b, long c, long d, unsigned long e)",
  vsnprintf: "int (void *str, size_t size, const void *format, void *ap)",
};
