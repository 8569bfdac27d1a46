import { check } from "./check.js";
import { libbpf } from "./ffi.js";
import { mapTypeName } from "./map-info.js";
import type { MapPointer, ProgramPointer } from "./prototypes.js";
import type { Descriptor, Resource } from "./resource.js";

/** A map that does not exist yet. */
export class OpenMap {
  readonly name: string;
  readonly #object: Resource;
  readonly #pointer: MapPointer;

  /** @internal */
  constructor(object: Resource, name: string, pointer: MapPointer) {
    this.#object = object;
    this.name = name;
    this.#pointer = pointer;
  }

  /** For example "hash". */
  get type(): string {
    return mapTypeName(libbpf().bpf_map__type(this.#checked()));
  }

  /** How many entries it will have room for; bytes for a ring buffer, a power of two of whole pages. */
  get maxEntries(): number {
    return libbpf().bpf_map__max_entries(this.#checked());
  }

  set maxEntries(count: number) {
    if (!Number.isInteger(count) || count < 1 || count > 0xffff_ffff) {
      throw new RangeError(`maxEntries of map "${this.name}" = ${count} is not from 1 to 4294967295`);
    }
    check(`resize map "${this.name}"`, libbpf().bpf_map__set_max_entries(this.#checked(), count));
  }

  /**
   * Has load() use a map that exists instead of creating one; the object gets a descriptor of its own.
   *
   * @throws {BpfError} when load() would refuse it, for example because its sizes are others
   */
  reuse(map: Descriptor): void {
    check(`reuse ${map.title}`, libbpf().bpf_map__reuse_fd(this.#checked(), map.fd));
  }

  #checked(): MapPointer {
    this.#object.assertOpen();
    return this.#pointer;
  }
}

/** A program that was not verified yet. */
export class OpenProgram {
  readonly #object: Resource;
  readonly #pointer: ProgramPointer;

  /** @internal */
  constructor(object: Resource, pointer: ProgramPointer) {
    this.#object = object;
    this.#pointer = pointer;
  }

  /** Whether load() loads it: true unless its section is marked optional. */
  get autoload(): boolean {
    return libbpf().bpf_program__autoload(this.#checked());
  }

  set autoload(autoload: boolean) {
    check("set autoload", libbpf().bpf_program__set_autoload(this.#checked(), autoload));
  }

  #checked(): ProgramPointer {
    this.#object.assertOpen();
    return this.#pointer;
  }
}
