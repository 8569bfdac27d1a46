import { type CfiReader, PE_ABSOLUTE, PE_OMIT } from "./cfi-reader.js";
import { toInteger } from "./cfi-state.js";
import { FdeList } from "./fde-list.js";
import { RIP } from "./layout.js";

/** Unwind data that a function takes in the shortest files; the list grows beyond. */
const BYTES_PER_FDE = 36;

/** A common information entry: what the functions that refer to it begin with. */
export interface Cie {
  /** False where its functions cannot be followed: another architecture's, or an unknown layout. */
  usable: boolean;
  codeAlign: number;
  dataAlign: number;
  pointerEncoding: number;
  isSignalFrame: boolean;
  hasAugmentationData: boolean;
  /** Where its instructions are in the section. */
  begin: number;
  end: number;
}

/** Unwind data of one section, in either format. */
export interface CfiSection {
  reader: CfiReader;
  /** `.eh_frame`, else `.debug_frame`: they tell a CIE and refer to it in different ways. */
  isEhFrame: boolean;
  /** Where nothing says how long the section is, a length of zero ends it. */
  endsAtZero: boolean;
}

const DEBUG_FRAME_CIE = 0xffff_ffff;
/** Longest name of an augmentation that is read; the longest in use has six letters. */
const MAX_AUGMENTATION = 16;

/** Most CIEs kept; .debug_frame has one for each compiled file. */
const MAX_CIES = 1 << 18;

/**
 * Reads the entries of a section and keeps the functions within `[textStart, textStart + textBytes)`.
 *
 * What is damaged is left out; entries behind one whose length leads out of the section are not found.
 */
export function readEntries(
  section: CfiSection,
  textStart: number,
  textBytes: number,
): { cies: Cie[]; fdes: FdeList } {
  const scan = new EntryScan(section, textStart, textBytes);
  scan.run();
  // A CIE stands before what refers to it, in every file that was seen; if one does not, all are known now.
  if (scan.missedCie) scan.run();
  return scan;
}

class EntryScan {
  readonly cies: Cie[] = [];
  fdes: FdeList;
  missedCie = false;
  readonly #numbers = new Map<number, number>();

  constructor(
    private readonly section: CfiSection,
    private readonly textStart: number,
    private readonly textBytes: number,
  ) {
    this.fdes = new FdeList();
  }

  run(): void {
    const { reader, isEhFrame, endsAtZero } = this.section;
    const size = reader.bytes.length;
    this.fdes = new FdeList(Math.ceil(size / BYTES_PER_FDE));
    let lastPointer = Number.NaN;
    let lastNumber = 0;
    for (let at = 0; at + 4 <= size; ) {
      reader.failed = false;
      reader.at = at;
      let length = reader.u32();
      const is64 = length === 0xffff_ffff;
      if (is64) length = reader.u64();
      if (length === 0) {
        if (endsAtZero) return;
        at = reader.at;
        continue;
      }
      const entry = at;
      const idAt = reader.at;
      at = idAt + length;
      if (reader.failed || !(at <= size)) return;
      // The id is of 4 bytes in .eh_frame also where the length has 8 (LSB 5.0, "The .eh_frame section").
      const id = is64 && !isEhFrame ? reader.u64() : reader.u32();
      if (reader.at > at) continue;
      if (isCie(this.section, id)) {
        this.#addCie(entry, at);
        continue;
      }
      const pointer = isEhFrame ? idAt - id : id;
      if (pointer !== lastPointer) {
        const number = this.#numbers.get(pointer);
        if (number === undefined) {
          this.missedCie = true;
          continue;
        }
        lastPointer = pointer;
        lastNumber = number;
      }
      this.#addFde(lastNumber, at);
    }
  }

  #addCie(entry: number, end: number): void {
    if (this.cies.length >= MAX_CIES || this.#numbers.has(entry)) return;
    this.#numbers.set(entry, this.cies.length);
    this.cies.push(readCie(this.section, end));
  }

  #addFde(cieNumber: number, end: number): void {
    const { reader } = this.section;
    const cie = this.cies[cieNumber];
    const start = reader.pointer(cie.pointerEncoding);
    const length = reader.length(cie.pointerEncoding);
    // Functions of discarded sections begin at 0.
    if (!start || !length || reader.failed) return;
    const relative = start - this.textStart;
    if (!(relative >= 0 && relative < this.textBytes)) return;
    if (cie.hasAugmentationData) reader.skipBlock();
    if (reader.failed || !(reader.at <= end)) return;
    this.fdes.push(relative, Math.min(relative + length, this.textBytes), cieNumber, reader.at, end);
  }
}

function isCie(section: CfiSection, id: number): boolean {
  // In .debug_frame of 64-bit DWARF it is 2^64 - 1, which no 53 bits hold: anything as large.
  return section.isEhFrame ? id === 0 : id === DEBUG_FRAME_CIE || id >= Number.MAX_SAFE_INTEGER;
}

function readCie({ reader, isEhFrame }: CfiSection, end: number): Cie {
  const cie: Cie = {
    usable: true,
    codeAlign: 1,
    dataAlign: 1,
    pointerEncoding: PE_ABSOLUTE,
    isSignalFrame: false,
    hasAugmentationData: false,
    begin: end,
    end,
  };
  const version = reader.u8();
  let augmentation = "";
  for (let letter = reader.u8(); letter !== 0; letter = reader.u8()) {
    augmentation += String.fromCharCode(letter);
    if (augmentation.length > MAX_AUGMENTATION) break;
  }
  // g++ 2 put a pointer behind the name "eh".
  if (augmentation === "eh") reader.at += 8;
  if (version === 4) {
    const addressBytes = reader.u8();
    const segmentBytes = reader.u8();
    if (addressBytes !== 8 || segmentBytes !== 0) cie.usable = false;
  } else if (version !== 1 && version !== 3) cie.usable = false;
  cie.codeAlign = toInteger(reader.uleb());
  cie.dataAlign = toInteger(reader.sleb());
  const returnAddress = version === 1 ? reader.u8() : reader.uleb();
  if (returnAddress !== RIP) cie.usable = false;
  if (augmentation.startsWith("z")) {
    cie.hasAugmentationData = true;
    const dataBytes = reader.uleb();
    cie.begin = reader.at + dataBytes;
    readAugmentation(reader, augmentation, cie);
  } else {
    cie.begin = reader.at;
    if (augmentation !== "" && augmentation !== "eh") cie.usable = false;
  }
  if (reader.failed || !(cie.begin <= end)) {
    cie.usable = false;
    cie.begin = end;
  }
  if (!isEhFrame) cie.pointerEncoding &= 0x7f;
  return cie;
}

/** What the letters stand for; an unknown one hides what follows it, which the data's length steps over. */
function readAugmentation(reader: CfiReader, augmentation: string, cie: Cie): void {
  for (const letter of augmentation.slice(1)) {
    switch (letter) {
      case "R":
        cie.pointerEncoding = reader.u8();
        if (cie.pointerEncoding === PE_OMIT) cie.usable = false;
        break;
      case "P":
        reader.pointer(reader.u8() & 0x7f);
        break;
      case "L":
        reader.u8();
        break;
      case "S":
        cie.isSignalFrame = true;
        break;
      case "B": // signed return addresses, which only arm64 has
        break;
      default:
        return;
    }
  }
}
