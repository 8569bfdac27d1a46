import { littleEndian } from "./codec.js";

/** A global variable of a BPF object: where it is in its section. */
export interface BtfVariable {
  name: string;
  /** The section, for example ".bss". */
  section: string;
  offset: number;
  /** In bytes. */
  size: number;
  /** Undefined when the type is no integer, boolean or enumeration. */
  integer: "signed" | "unsigned" | undefined;
}

/** One member of a C struct as the compiler laid it out. */
export interface StructMember {
  name: string;
  /** In bytes from the start of the struct; bit fields have the byte that their first bit is in. */
  offset: number;
  /** In bytes; 0 for a flexible array. */
  size: number;
}

/** A C struct as the compiler laid it out. */
export interface StructLayout {
  name: string;
  size: number;
  members: StructMember[];
}

interface Type {
  name: string;
  kind: number;
  /** Its size in bytes or the type that it refers to, by kind. */
  sizeOrType: number;
  vlen: number;
  kindFlag: boolean;
  /** Where the data of its kind start. */
  at: number;
}

// enum BTF_KIND_*, include/uapi/linux/btf.h.
const INT = 1;
const PTR = 2;
const ARRAY = 3;
const STRUCT = 4;
const ENUM = 6;
const VAR = 14;
const DATASEC = 15;
const ENUM64 = 19;
/** typedef, volatile, const, restrict, type tag: a name or a qualifier of another type. */
const modifiers = [8, 9, 10, 11, 18];
/** Bytes after struct btf_type by kind, once and for each of its vlen items. */
const fixedBytes: Record<number, number> = { 1: 4, 3: 12, 14: 4, 17: 4 };
const itemBytes: Record<number, number> = { 4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12 };

/** What a BPF object says of its own types, read after libbpf has filled in the offsets in sections. */
export class Btf {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #strings: number;
  readonly #types: Type[] = [{ name: "void", kind: 0, sizeOrType: 0, vlen: 0, kindFlag: false, at: 0 }];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // struct btf_header: magic, version, flags, hdr_len, type_off, type_len, str_off, str_len.
    const start = this.#u32(4) + this.#u32(8);
    this.#strings = this.#u32(4) + this.#u32(16);
    for (let at = start; at < start + this.#u32(12); ) {
      // struct btf_type: name_off, info, size or type.
      const info = this.#u32(at + 4);
      const [kind, vlen, kindFlag] = [(info >>> 24) & 0x1f, info & 0xffff, info >>> 31 === 1];
      const [name, sizeOrType] = [this.#string(this.#u32(at)), this.#u32(at + 8)];
      this.#types.push({ name, kind, sizeOrType, vlen, kindFlag, at: at + 12 });
      at += 12 + (fixedBytes[kind] ?? 0) + (itemBytes[kind] ?? 0) * vlen;
    }
  }

  /** The global variables of all sections. */
  variables(): BtfVariable[] {
    return this.#types
      .filter(({ kind }) => kind === DATASEC)
      .flatMap((section) =>
        // struct btf_var_secinfo: type, offset, size.
        this.#items(section, 12).map((at) => {
          const variable = this.#types[this.#u32(at)];
          return {
            name: variable.name,
            section: section.name,
            offset: this.#u32(at + 4),
            size: this.#u32(at + 8),
            integer: variable.kind === VAR ? this.#signOf(variable.sizeOrType) : undefined,
          };
        }),
      );
  }

  /** The layout of a struct, or undefined when the compiler did not describe it. */
  struct(name: string): StructLayout | undefined {
    const type = this.#types.find((type) => type.kind === STRUCT && type.name === name);
    if (type === undefined) return undefined;
    // struct btf_member: name_off, type, offset in bits (with a bit field's size in the top byte).
    const members = this.#items(type, 12).map((at) => {
      const bits = type.kindFlag ? this.#u32(at + 8) & 0xffffff : this.#u32(at + 8);
      return { name: this.#string(this.#u32(at)), offset: bits >>> 3, size: this.#sizeOf(this.#u32(at + 4)) };
    });
    return { name, size: type.sizeOrType, members };
  }

  /** The values of an enumeration of at most 32 bits by name, or undefined when the compiler did not describe it. */
  enum(name: string): Record<string, number> | undefined {
    const type = this.#types.find((type) => type.kind === ENUM && type.name === name);
    if (type === undefined) return undefined;
    // struct btf_enum: name_off, val.
    const values = this.#items(type, 8).map((at) => {
      const value = this.#u32(at + 4);
      return [this.#string(this.#u32(at)), type.kindFlag ? value | 0 : value];
    });
    return Object.fromEntries(values);
  }

  #items({ at, vlen }: Type, bytes: number): number[] {
    return Array.from({ length: vlen }, (_, index) => at + index * bytes);
  }

  #resolve(id: number): Type {
    const type = this.#types[id];
    return modifiers.includes(type.kind) ? this.#resolve(type.sizeOrType) : type;
  }

  #sizeOf(id: number): number {
    const { kind, at, sizeOrType } = this.#resolve(id);
    if (kind === PTR) return 8; // on the bpf target
    if (kind === ARRAY) return this.#sizeOf(this.#u32(at)) * this.#u32(at + 8); // struct btf_array
    return sizeOrType;
  }

  #signOf(id: number): BtfVariable["integer"] {
    const { kind, at, kindFlag } = this.#resolve(id);
    if (kind === INT) return (this.#u32(at) >>> 24) & 1 ? "signed" : "unsigned"; // BTF_INT_SIGNED
    if (kind === ENUM || kind === ENUM64) return kindFlag ? "signed" : "unsigned";
    return undefined;
  }

  #u32(offset: number): number {
    return this.#view.getUint32(offset, littleEndian);
  }

  #string(offset: number): string {
    const start = this.#strings + offset;
    return Buffer.from(this.#bytes.subarray(start, this.#bytes.indexOf(0, start))).toString("utf8");
  }
}
