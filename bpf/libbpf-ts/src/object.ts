import type { Btf, BtfVariable, StructLayout } from "./btf.js";
import type { MapCodecs } from "./codec.js";
import { libbpf } from "./ffi.js";
import { makeMap, makePerCpuMap } from "./make-map.js";
import type { BpfMap } from "./map.js";
import { readMapInfo } from "./map-info.js";
import { MappedArray } from "./mapped-array.js";
import { named } from "./named.js";
import type { PerCpuMap } from "./per-cpu-map.js";
import { Program } from "./program.js";
import type { MapPointer, ObjectPointer, ProgramPointer } from "./prototypes.js";
import { Resource } from "./resource.js";
import { RingBuffer } from "./ring-buffer.js";
import { Variable } from "./variable.js";

/** What libbpf knows of an object, by name. */
export interface ObjectParts {
  pointer: ObjectPointer;
  maps: ReadonlyMap<string, MapPointer>;
  programs: ReadonlyMap<string, ProgramPointer>;
  /** Undefined in an object without BTF, which has no debug information. */
  btf: Btf | undefined;
}

/**
 * A BPF object in the kernel: its maps exist and its programs are verified.
 *
 * close() also closes everything that came from it, links included.
 */
export class BpfObject extends Resource {
  readonly #parts: ObjectParts;
  readonly #sections = new Map<string, MappedArray>();
  readonly #variables = new Map<string, Variable>();

  /** @internal */
  constructor(title: string, parts: ObjectParts) {
    super(title);
    this.#parts = parts;
  }

  /** Names of the maps, global data (".bss", ".rodata") included. */
  get mapNames(): string[] {
    return [...this.#parts.maps.keys()];
  }

  /** Names of the programs, those that were not loaded included. */
  get programNames(): string[] {
    return [...this.#parts.programs.keys()];
  }

  /** Names of the global variables that variable() knows. */
  get variableNames(): string[] {
    return [...this.#variableTypes().keys()];
  }

  /**
   * Returns a map that has one value per key. Without codecs keys and values are `Uint8Array`.
   *
   * @throws {RangeError} when there is no such map, or a codec has not the map's size
   */
  map<K = Uint8Array, V = Uint8Array>(name: string, codecs: MapCodecs<K, V> = {}): BpfMap<K, V> {
    return makeMap(this.#mapFd(name), codecs, name, this);
  }

  /** Returns a map that has one value per key and CPU; `codecs.value` is for one CPU's. */
  perCpuMap<K = Uint8Array, V = Uint8Array>(name: string, codecs: MapCodecs<K, V> = {}): PerCpuMap<K, V> {
    return makePerCpuMap(this.#mapFd(name), codecs, name, this);
  }

  /** Returns a program. */
  program(name: string): Program {
    this.assertOpen();
    const pointer = named(this.#parts.programs, "program", name, this.title);
    const fd = libbpf().bpf_program__fd(pointer);
    if (fd < 0)
      throw new RangeError(`${this.title}: program "${name}" was not loaded, its autoload was false`);
    return new Program(name, fd, this);
  }

  /** Maps a ring buffer for reading. Each call gives a new one; read with one at a time. */
  ringBuffer(name: string): RingBuffer {
    return new RingBuffer(this.map(name));
  }

  /**
   * Returns a global variable, in memory shared with BPF. The same name gives the same Variable.
   *
   * @throws {RangeError} when there is no such variable in .bss, .data or .rodata
   */
  variable(name: string): Variable {
    this.assertOpen();
    const type = named(this.#variableTypes(), "variable", name, this.title);
    const known = this.#variables.get(name);
    if (known !== undefined && !known.closed) return known;
    const isConstant = type.section.startsWith(".rodata");
    const section = this.#section(type.section, !isConstant);
    const variable = new Variable(section, type, !isConstant);
    this.#variables.set(name, variable);
    return variable;
  }

  /** Returns how the compiler laid a C struct out, or undefined when the object's BTF has no such struct. */
  struct(name: string): StructLayout | undefined {
    return this.#parts.btf?.struct(name);
  }

  /** Returns the values of a C enumeration by name, or undefined when the object's BTF has no such enumeration. */
  enum(name: string): Record<string, number> | undefined {
    return this.#parts.btf?.enum(name);
  }

  #variableTypes(): Map<string, BtfVariable> {
    const variables = (this.#parts.btf?.variables() ?? []).filter(({ section }) =>
      this.#parts.maps.has(section),
    );
    return new Map(
      variables.filter(({ section }) => /^\.(bss|data|rodata)/.test(section)).map((v) => [v.name, v]),
    );
  }

  #section(name: string, isWritable: boolean): MappedArray {
    const known = this.#sections.get(name);
    if (known !== undefined) return known;
    const fd = this.#mapFd(name);
    const section = new MappedArray(`map "${name}"`, fd, readMapInfo(fd), this, isWritable);
    this.#sections.set(name, section);
    return section;
  }

  #mapFd(name: string): number {
    this.assertOpen();
    return libbpf().bpf_map__fd(named(this.#parts.maps, "map", name, this.title));
  }

  /** @internal */
  protected override release(): void {
    libbpf().bpf_object__close(this.#parts.pointer);
  }
}
