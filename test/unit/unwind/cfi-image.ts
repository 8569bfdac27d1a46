import { deflateSync } from "node:zlib";
import { ElfFile } from "../../../bpf/symbols/elf-file.js";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { findRow } from "../../../bpf/unwind/row-search.js";
import { buildUnwindTable } from "../../../bpf/unwind/table-builder.js";
import type { UnwindTable } from "../../../bpf/unwind/unwind-table.js";
import { describeRow } from "./describe-row.js";

/** Where the images have their text and their unwind data, and a function of 256 bytes. */
export const TEXT = 0x1_0000;
export const TEXT_BYTES = 0x1000;
export const EH_FRAME = 0x2_0000;
export const EH_FRAME_HDR = 0x1_f000;
export const START = TEXT + 0x100;
export const LENGTH = 0x100;

export function uleb(value: number): number[] {
  const bytes = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return [...bytes, left];
    bytes.push((left % 128) | 0x80);
  }
}

export function sleb(value: number): number[] {
  const bytes = [];
  for (let left = value; ; left >>= 7) {
    const low = left & 0x7f;
    if ((left >= 0 && left < 0x40) || (left < 0 && left >= -0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

/** A number of 2, 4 or 8 bytes, little-endian. */
export function fixed(value: number, size: 2 | 4 | 8): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value), true);
  return [...new Uint8Array(view.buffer, 0, size)];
}

const text = (value: string) => [...Buffer.from(`${value}\0`)];

/** def_cfa rsp+8, and the return address at CFA - 8: what every compiler's CIE begins with. */
export const USUAL = [0x0c, ...uleb(7), ...uleb(8), 0x80 | 16, ...uleb(1)];

export interface CieOptions {
  version?: number;
  augmentation?: string;
  /** Behind the augmentation's length. */
  data?: number[];
  codeAlign?: number;
  dataAlign?: number;
  returnAddress?: number;
  instructions?: number[];
}

/** Lays out one section, entry by entry. */
export class CfiBuilder {
  readonly bytes: number[] = [];

  constructor(
    private readonly isEhFrame = true,
    private readonly address = EH_FRAME,
    private readonly is64 = false,
  ) {}

  /** Returns where the entry begins. */
  cie(options: CieOptions = {}): number {
    const { version = 1, augmentation = this.isEhFrame ? "zR" : "", returnAddress = 16 } = options;
    const data = options.data ?? (augmentation.includes("R") ? [0x1b] : []);
    const id = this.isEhFrame ? fixed(0, 4) : fixed(-1, this.is64 ? 8 : 4);
    return this.#entry([
      ...id,
      version,
      ...text(augmentation),
      ...(version === 4 ? [8, 0] : []),
      ...uleb(options.codeAlign ?? 1),
      ...sleb(options.dataAlign ?? -8),
      ...(version === 1 ? [returnAddress] : uleb(returnAddress)),
      ...(augmentation.startsWith("z") ? [...uleb(data.length), ...data] : []),
      ...(options.instructions ?? USUAL),
    ]);
  }

  /** `pointers` gives the encoded start and length; by default pc-relative words of 4 bytes, or 8 absolute ones. */
  fde(
    cie: number,
    instructions: number[],
    {
      start = START,
      length = LENGTH,
      pointers,
      data = [] as number[],
      hasData = this.isEhFrame,
    }: FdeOptions = {},
  ): number {
    const at = this.bytes.length;
    const idAt = at + (this.is64 ? 12 : 4);
    const idBytes = !this.isEhFrame && this.is64 ? 8 : 4;
    const id = fixed(this.isEhFrame ? idAt - cie : cie, idBytes);
    const place = this.address + idAt + idBytes;
    const usual = this.isEhFrame
      ? [...fixed(start - place, 4), ...fixed(length, 4)]
      : [...fixed(start, 8), ...fixed(length, 8)];
    const augmentation = hasData ? [...uleb(data.length), ...data] : [];
    return this.#entry([...id, ...(pointers?.(place) ?? usual), ...augmentation, ...instructions]);
  }

  terminator(): void {
    this.bytes.push(0, 0, 0, 0);
  }

  #entry(content: number[]): number {
    const at = this.bytes.length;
    const length = this.is64 ? [...fixed(-1, 4), ...fixed(content.length, 8)] : fixed(content.length, 4);
    for (const byte of length) this.bytes.push(byte);
    // One by one: a call has room for some ten thousand arguments.
    for (const byte of content) this.bytes.push(byte);
    return at;
  }
}

export interface FdeOptions {
  start?: number;
  length?: number;
  pointers?: (place: number) => number[];
  data?: number[];
  hasData?: boolean;
}

export interface ImageOptions {
  ehFrame?: number[];
  debugFrame?: number[];
  compression?: "none" | "zlib" | "old";
  /** With the program header alone, as in a file whose sections were stripped. */
  hasSections?: boolean;
  /** Compressed sizes and flags aside, what type `.eh_frame` has: 1, or 8 in a file of debug information. */
  ehFrameType?: number;
  /** Where the program begins, and the code there. */
  entry?: { address: number; code: number[] };
}

/** Makes a small ELF file with a text segment and unwind data. */
export function elfImage(options: ImageOptions): Uint8Array {
  const { ehFrame, hasSections = true, ehFrameType = 1 } = options;
  const debug = options.debugFrame && compressed(options.debugFrame, options.compression ?? "none");
  const names = ["", ".text", ".eh_frame", debug?.name ?? ".debug_frame", ".shstrtab"];
  const strings = Buffer.from(`${names.join("\0")}\0`);
  const ehAt = 0x200;
  const headerAt = 0x1c0;
  const debugAt = ehAt + (ehFrame?.length ?? 0);
  const stringsAt = debugAt + (debug?.bytes.length ?? 0);
  const sectionsAt = Math.max(stringsAt + strings.length, options.entry ? TEXT_BYTES : 0);
  const bytes = new Uint8Array(sectionsAt + names.length * 64);
  const view = new DataView(bytes.buffer);
  const put = (at: number, ...words: [offset: number, value: number, size: 2 | 4 | 8][]) => {
    for (const [offset, value, size] of words) bytes.set(fixed(value, size), at + offset);
  };
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  put(0, [16, 3, 2], [18, 62, 2], [32, 64, 8], [54, 56, 2], [56, 4, 2], [58, 64, 2]);
  if (hasSections) put(0, [40, sectionsAt, 8], [60, names.length, 2], [62, 4, 2]);
  const segment = (n: number, type: number, flags: number, at: number, address: number, size: number) =>
    put(64 + n * 56, [0, type, 4], [4, flags, 4], [8, at, 8], [16, address, 8], [32, size, 8], [40, size, 8]);
  segment(0, 1, 5, 0, TEXT, TEXT_BYTES);
  segment(1, 1, 4, ehAt, EH_FRAME, ehFrame?.length ?? 0);
  segment(2, 1, 4, headerAt, EH_FRAME_HDR, 12);
  if (ehFrame) segment(3, 0x6474e550, 4, headerAt, EH_FRAME_HDR, 12);
  // Version 1; .eh_frame by a pc-relative word; no table.
  bytes.set([1, 0x1b, 0xff, 0xff, ...fixed(EH_FRAME - EH_FRAME_HDR - 4, 4)], headerAt);
  bytes.set(ehFrame ?? [], ehAt);
  if (options.entry) {
    put(24, [0, options.entry.address, 8]);
    bytes.set(options.entry.code, options.entry.address - TEXT);
  }
  bytes.set(debug?.bytes ?? [], debugAt);
  bytes.set(strings, stringsAt);
  const section = (n: number, type: number, flags: number, address: number, at: number, size: number) =>
    put(
      sectionsAt + n * 64,
      [0, names.slice(0, n).join("\0").length + (n > 0 ? 1 : 0), 4],
      [4, type, 4],
      [8, flags, 8],
      [16, address, 8],
      [24, at, 8],
      [32, size, 8],
    );
  section(1, 1, 6, TEXT, 0, TEXT_BYTES);
  if (ehFrame) section(2, ehFrameType, 2, EH_FRAME, ehAt, ehFrame.length);
  if (debug) section(3, 1, debug.flags, 0, debugAt, debug.bytes.length);
  section(4, 3, 0, 0, stringsAt, strings.length);
  return new Uint8Array(view.buffer);
}

function compressed(section: number[], how: "none" | "zlib" | "old") {
  const packed = deflateSync(Uint8Array.from(section));
  if (how === "zlib") {
    const header = [...fixed(1, 4), ...fixed(0, 4), ...fixed(section.length, 8), ...fixed(8, 8)];
    return { name: ".debug_frame", flags: 0x800, bytes: [...header, ...packed] };
  }
  const size = [...fixed(section.length, 8)].reverse();
  if (how === "old")
    return { name: ".zdebug_frame", flags: 0, bytes: [...Buffer.from("ZLIB"), ...size, ...packed] };
  return { name: ".debug_frame", flags: 0, bytes: section };
}

/** Builds the table of an image; throws if there is none. */
export function tableOfImage(image: Uint8Array, debug?: Uint8Array): UnwindTable {
  const read = (bytes: Uint8Array) => {
    const elf = ElfFile.read(fileFromBytes(bytes));
    if (isReason(elf)) throw new Error(elf);
    return elf;
  };
  const table = buildUnwindTable(read(image), debug && read(debug));
  if (isReason(table)) throw new Error(table);
  return table;
}

/** The table of one section `.eh_frame`. */
export function tableOfEhFrame(builder: CfiBuilder): UnwindTable {
  return tableOfImage(elfImage({ ehFrame: builder.bytes }));
}

/** The rows in force at distances from {@link START}. */
export function rowsAt(table: UnwindTable, ...distances: number[]): string[] {
  return distances.map((distance) => describeRow(table, findRow(table, START + distance)));
}
