import { basename } from "node:path";
import { Btf, type BtfVariable } from "./btf.js";
import { check, checkPointer } from "./check.js";
import { copyMemory, libbpf } from "./ffi.js";
import { checkInteger, encodeInteger, type Integer } from "./integer.js";
import { loadFailure } from "./load-failure.js";
import { captureLog } from "./log.js";
import { named } from "./named.js";
import { BpfObject, type ObjectParts } from "./object.js";
import { OpenMap, OpenProgram } from "./open-parts.js";
import type { MapPointer, ObjectPointer, ProgramPointer } from "./prototypes.js";
import { Resource } from "./resource.js";

/**
 * Reads a compiled BPF object, from a file or from memory. Nothing is in the kernel yet.
 *
 * @throws {BpfError} for a file that cannot be read or is no BPF object; `log` has libbpf's reasons
 * @throws {LibraryNotFoundError} without libbpf.so.1
 */
export function openObject(pathOrBytes: string | Uint8Array): OpenObject {
  const name = typeof pathOrBytes === "string" ? basename(pathOrBytes) : `of ${pathOrBytes.length} bytes`;
  const { result, log } = captureLog(() =>
    typeof pathOrBytes === "string"
      ? libbpf().bpf_object__open_file(pathOrBytes, null)
      : libbpf().bpf_object__open_mem(pathOrBytes, pathOrBytes.length, null),
  );
  return new OpenObject(name, checkPointer(`open ${name}`, result, { log }));
}

/** A BPF object that can still be changed. load() makes a BpfObject of it and ends it. */
export class OpenObject extends Resource {
  readonly #name: string;
  readonly #parts: ObjectParts;
  #isLoaded = false;

  /** @internal */
  constructor(name: string, pointer: ObjectPointer) {
    super(`object ${name}`);
    this.#name = name;
    this.#parts = {
      pointer,
      maps: readMaps(pointer),
      programs: readPrograms(pointer),
      btf: readBtf(pointer),
    };
  }

  /** Names of the maps, global data (".bss", ".rodata") included. */
  get mapNames(): string[] {
    return [...this.#parts.maps.keys()];
  }

  /** Names of the programs. */
  get programNames(): string[] {
    return [...this.#parts.programs.keys()];
  }

  /**
   * Sets a `const volatile` global, which the verifier then treats as a constant. Integers are checked against the
   * variable's type; a variable of any other type takes its bytes.
   *
   * @throws {RangeError} when there is no such constant, or the value does not fit
   */
  rodata(name: string, value: Integer | Uint8Array): this {
    this.assertOpen();
    const constants = (this.#parts.btf?.variables() ?? []).filter(({ section }) =>
      section.startsWith(".rodata"),
    );
    const variable = named(new Map(constants.map((v) => [v.name, v])), "constant", name, this.title);
    const map = named(this.#parts.maps, "section", variable.section, this.title);
    const length = new Uint8Array(8);
    const initial = checkPointer(`read ${name}`, libbpf().bpf_map__initial_value(map, length));
    // SAFETY: libbpf just said how long its copy of the section is.
    const section = copyMemory(initial, Number(new BigUint64Array(length.buffer)[0]));
    section.set(encode(variable, value), variable.offset);
    check(`set ${name}`, libbpf().bpf_map__set_initial_value(map, section, section.length));
    return this;
  }

  /** Returns a map, to change it before it is created. */
  map(name: string): OpenMap {
    this.assertOpen();
    return new OpenMap(this, name, named(this.#parts.maps, "map", name, this.title));
  }

  /** Returns a program, to decide whether it is loaded. */
  program(name: string): OpenProgram {
    this.assertOpen();
    return new OpenProgram(this, named(this.#parts.programs, "program", name, this.title));
  }

  /**
   * Creates the maps and has the programs verified. Afterwards this is closed, also when it fails.
   *
   * @throws {VerifierError} when a program is refused
   * @throws {PermissionError} without CAP_BPF and, for tracing programs, CAP_PERFMON
   * @throws {UnsupportedError} for a map type or kernel BTF that this kernel does not have
   */
  load(): BpfObject {
    this.assertOpen();
    const { pointer, maps } = this.#parts;
    const { result, log } = captureLog(() => libbpf().bpf_object__load(pointer));
    if (result < 0) {
      const types = [...maps.values()].map((map) => libbpf().bpf_map__type(map));
      this.close();
      throw loadFailure(`load ${this.#name}`, -result, log, types);
    }
    this.#isLoaded = true;
    this.close();
    return new BpfObject(this.title, this.#parts);
  }

  /** @internal */
  protected override release(): void {
    if (!this.#isLoaded) libbpf().bpf_object__close(this.#parts.pointer);
  }
}

function encode(variable: BtfVariable, value: Integer | Uint8Array): Uint8Array {
  if (!(value instanceof Uint8Array)) return encodeInteger(checkInteger(variable, value), variable.size);
  if (value.length === variable.size) return value;
  throw new RangeError(`${variable.name} has ${variable.size} bytes, ${value.length} were given`);
}

function readMaps(object: ObjectPointer): Map<string, MapPointer> {
  const maps = new Map<string, MapPointer>();
  let map = libbpf().bpf_object__next_map(object, null);
  for (; map !== null; map = libbpf().bpf_object__next_map(object, map)) {
    const name = libbpf().bpf_map__name(map);
    // Global data is named for object and section, "sampler.bss", except in sections of one's own.
    maps.set(libbpf().bpf_map__is_internal(map) ? name.slice(name.indexOf(".")) : name, map);
  }
  return maps;
}

function readPrograms(object: ObjectPointer): Map<string, ProgramPointer> {
  const programs = new Map<string, ProgramPointer>();
  let program = libbpf().bpf_object__next_program(object, null);
  for (; program !== null; program = libbpf().bpf_object__next_program(object, program)) {
    programs.set(libbpf().bpf_program__name(program), program);
  }
  return programs;
}

function readBtf(object: ObjectPointer): ObjectParts["btf"] {
  const btf = libbpf().bpf_object__btf(object);
  if (btf === null) return undefined;
  const length = new Uint8Array(4);
  const data = checkPointer("read BTF", libbpf().btf__raw_data(btf, length));
  return new Btf(copyMemory(data, new Uint32Array(length.buffer)[0]));
}
