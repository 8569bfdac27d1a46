import type { AbsoluteAddress } from "../symbols/address.js";
import { FRAME_ALL_REGISTERS, FRAME_LEAF, RBP, REGISTER_COUNT, RIP, RSP, type WalkEnd } from "./layout.js";
import type { UnwindTable } from "./unwind-table.js";

/** What a walk needs to know of the executable mapping that contains an address. */
export interface WalkMapping {
  kind: "table" | "table-at-leaf" | "no-table" | "anonymous" | "python" | "pending" | "over-budget";
  /** With a table: an address minus this is a virtual address of its file. */
  bias?: number;
  table?: UnwindTable;
  /** Reads code of the process; what cannot be read is missing at the end. Without it, code tells nothing. */
  readCode?: (address: AbsoluteAddress, length: number) => Uint8Array;
}

/** Where a walk begins, and the memory that it may read. */
export interface WalkStart {
  /** In DWARF's order, rax to r15 and rip. */
  registers: BigUint64Array;
  /** {@link FRAME_LEAF} and the others. */
  flags: number;
  /** The address of the first byte of `stack`. */
  stackStart: AbsoluteAddress;
  stack: Uint8Array;
}

/** User addresses are below: 47 bits, as long as a process does not ask for more. */
export const USER_END = 2 ** 47;

/** gregs of rt_sigframe at rsp + 40: r8 to r15, and the others in the kernel's order (struct sigcontext_64). */
const SIGNAL_REGISTERS = [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16];
const SIGNAL_REGISTERS_AT = 40;

/** Registers of the frame at which a walk is, and the copy of the stack. */
export class WalkFrame {
  /** As doubles: what is above 2^53 is inexact, and no address. */
  readonly registers: Float64Array;
  flags: number;
  mapping: WalkMapping | undefined;
  readonly #view: DataView;
  readonly #stackStart: number;

  constructor(
    start: WalkStart,
    readonly findMapping: (address: AbsoluteAddress) => WalkMapping | undefined,
  ) {
    this.registers = Float64Array.from({ length: REGISTER_COUNT }, (_, i) =>
      Number(start.registers[i] ?? 0n),
    );
    this.flags = start.flags;
    this.#stackStart = start.stackStart;
    this.#view = new DataView(start.stack.buffer, start.stack.byteOffset, start.stack.byteLength);
  }

  get isLeaf(): boolean {
    return (this.flags & FRAME_LEAF) !== 0;
  }

  /** A return address is behind its call, and a call can be the last of its function. */
  get pc(): AbsoluteAddress {
    return this.isLeaf ? this.registers[RIP] : this.registers[RIP] - 1;
  }

  /** One word of the stack; `undefined` outside of the copy. */
  word(address: number): number | undefined {
    const at = address - this.#stackStart;
    if (!(at >= 0 && at + 8 <= this.#view.byteLength)) return undefined;
    return this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  /** The value of a register that is known in this frame: rsp, rbp and rip always are. */
  known(number: number): number | undefined {
    const isKnown = number === RSP || number === RBP || (this.flags & FRAME_ALL_REGISTERS) !== 0;
    return isKnown && number < REGISTER_COUNT ? this.registers[number] : undefined;
  }

  /** Takes the caller's registers over; ends the walk where a return address of 0 marks the root. */
  enterCaller(
    cfa: number,
    returnAddress: number | undefined,
    rbp: number | undefined,
    flags = 0,
  ): WalkEnd | undefined {
    if (returnAddress === undefined || rbp === undefined) return "read-fault";
    if (returnAddress === 0) return "complete";
    this.registers[RIP] = returnAddress;
    this.registers[RSP] = cfa;
    this.registers[RBP] = rbp;
    this.flags = flags;
    return undefined;
  }

  /** Takes the interrupted registers from the frame that the kernel made for a signal handler. */
  enterInterrupted(): WalkEnd | undefined {
    const from = this.registers[RSP] + SIGNAL_REGISTERS_AT;
    const saved = SIGNAL_REGISTERS.map((_, i) => this.word(from + i * 8));
    if (saved.includes(undefined)) return "read-fault";
    SIGNAL_REGISTERS.forEach((number, i) => {
      this.registers[number] = saved[i] ?? 0;
    });
    this.flags = FRAME_LEAF | FRAME_ALL_REGISTERS;
    return undefined;
  }
}
