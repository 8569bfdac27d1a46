import { FRAME_ALL_REGISTERS, FRAME_LEAF } from "../../../bpf/unwind/layout.js";
import { walk } from "../../../bpf/unwind/walk.js";
import type { WalkMapping } from "../../../bpf/unwind/walk-frame.js";
import { CfiBuilder, START, sleb, TEXT, TEXT_BYTES, tableOfEhFrame, uleb } from "./cfi-image.js";

export const STACK = 0x7ffe_0000_0000;
export const BIAS = 0x5555_0000_0000;
export const JIT = 0x1000_0000;
export const RAW = 0x2000_0000;
export const [RBP, RSP, R9, R10, RIP] = [6, 7, 9, 10, 16];
const block = (...bytes: number[]) => [...uleb(bytes.length), ...bytes];
const breg = (register: number, offset: number) => [0x70 + register, ...sleb(offset)];

/** Functions of 16 bytes, by name: their instructions. Each is where the one before it ends. */
const FUNCTIONS: Record<string, number[]> = {
  start: [0x07, 16],
  bare: [],
  plain: [0x0e, 16],
  saves: [0x0e, 24, 0x86, 2],
  framed: [0x0c, 6, 16, 0x86, 2],
  byR10: [0x0c, R10, 8],
  saved: [0x0f, ...block(...breg(7, 16), 0x06, 0x23, 8)],
  indexed: [0x0f, ...block(...breg(7, 8), ...breg(R9, 0), 0x38, 0x1e, 0x22, 0x06, 0x23, 8)],
  plt: [0x0f, ...block(...breg(7, 8), ...breg(16, 0), 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22)],
  popped: [0x0e, 0],
  vfork: [0x0e, 0, 0x09, 16, 5],
  backwards: [0x0c, 6, 0],
  unknown: [0x0f, ...block(0xe0)],
};
export const names = Object.keys(FUNCTIONS);
/** An address within a function, as a return address or interrupted. */
export const at = (name: string, offset = 4) => BIAS + START + names.indexOf(name) * 16 + offset;
export const SIGNAL = START + names.length * 16;

export const table = (() => {
  const builder = new CfiBuilder();
  const cie = builder.cie();
  names.forEach((name, i) => {
    builder.fde(cie, FUNCTIONS[name], { start: START + i * 16, length: 16 });
  });
  const saved = (register: number, offset: number) => [0x10, register, ...block(...breg(7, offset))];
  const context = [
    0x0f,
    ...block(...breg(7, 160), 0x06),
    ...saved(6, 120),
    ...saved(7, 160),
    ...saved(16, 168),
  ];
  // It begins a byte early, so that a look-up of the byte before the return address finds it.
  const signal = builder.cie({ augmentation: "zRS", instructions: [] });
  builder.fde(signal, context, { start: SIGNAL - 1, length: 17 });
  return tableOfEhFrame(builder);
})();

export interface Setting {
  rip: number;
  flags?: number;
  registers?: Record<number, number>;
  /** Words from rsp on. */
  stack: number[];
  maxFrames?: number;
  /** Gives the places of addresses that are not behind a call, too. */
  isMarked?: boolean;
  jit?: Partial<WalkMapping>;
  raw?: Partial<WalkMapping>;
}

/** Walks a stack in the program above. */
export function run({
  rip,
  flags = FRAME_LEAF | FRAME_ALL_REGISTERS,
  registers = {},
  stack,
  maxFrames = 127,
  isMarked = false,
  ...kinds
}: Setting) {
  const all = new BigUint64Array(17);
  for (const [number, value] of Object.entries({ [RSP]: STACK, [RIP]: rip, ...registers }))
    all[Number(number)] = BigInt(value);
  const words = new BigUint64Array(stack.map(BigInt));
  const findMapping = (address: number): WalkMapping | undefined => {
    if (address >= BIAS + TEXT && address < BIAS + TEXT + TEXT_BYTES)
      return { kind: "table", bias: BIAS, table };
    if (address >= JIT && address < JIT + 0x1000) return { kind: "anonymous", ...kinds.jit };
    if (address >= RAW && address < RAW + 0x1000) return { kind: "no-table", ...kinds.raw };
    return undefined;
  };
  const start = { registers: all, flags, stackStart: STACK, stack: new Uint8Array(words.buffer) };
  const { notReturn, ...walked } = walk(start, findMapping, maxFrames);
  return { ...walked, ...(isMarked ? { notReturn } : {}) };
}
