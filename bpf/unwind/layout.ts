/**
 * The numbers and offsets that the tables share with the walk in BPF.
 *
 * bpf/programs/unwind.h is the truth; a test compares this file with the BTF of the built object.
 */

/** How a frame's canonical frame address (CFA) is found (enum unwind_cfa). */
export const CFA_NONE = 0;
export const CFA_RSP = 1;
export const CFA_RBP = 2;
export const CFA_REGISTER = 3;
export const CFA_DEREF_RSP = 4;
export const CFA_PLT = 5;
export const CFA_SIGNAL = 6;
export const CFA_END = 7;
export const CFA_RULE = 8;
export const CFA_UNSUPPORTED = 9;

/** Where the caller's rbp is (enum unwind_rbp). */
export const RBP_SAME = 0;
export const RBP_SAVED = 1;
export const RBP_UNDEFINED = 2;

/** enum unwind_rule_cfa */
export const RULE_CFA_REGISTER = 0;
export const RULE_CFA_DEREF = 1;
export const RULE_CFA_DEREF_INDEXED = 2;
export const RULE_CFA_GOROUTINE = 3;

/** enum unwind_rule_ra */
export const RULE_RA_AT_CFA = 0;
export const RULE_RA_AT_REGISTER = 1;
export const RULE_RA_IN_REGISTER = 2;
export const RULE_RA_UNDEFINED = 3;

/** enum unwind_rule_rbp */
export const RULE_RBP_SAME = 0;
export const RULE_RBP_AT_CFA = 1;
export const RULE_RBP_AT_REGISTER = 2;
export const RULE_RBP_UNDEFINED = 3;
export const RULE_RBP_IN_REGISTER = 4;
export const RULE_RBP_BY_POINTER = 5;

/** Bytes and members of `struct unwind_row`. */
export const ROW_BYTES = 8;
export const ROW = { pc_low: 0, cfa: 1, rbp: 2, reg: 3, cfa_offset: 4, rbp_offset: 6 } as const;

/** Bytes and members of `struct unwind_rule`. */
export const RULE_BYTES = 32;
export const RULE = {
  cfa: 0,
  cfa_reg: 1,
  index_reg: 2,
  ra: 3,
  ra_reg: 4,
  rbp: 5,
  rbp_reg: 6,
  flags: 7,
  cfa_offset: 8,
  cfa_addend: 12,
  ra_offset: 16,
  rbp_offset: 20,
} as const;

/** A bucket is 256 bytes of text: its number is the address shifted by so many bits. */
export const BUCKET_SHIFT = 8;
/** In an index entry the count of further rows stands above the row's position. */
export const FURTHER_SHIFT = 24;
export const POSITION_MASK = 0xff_ffff;

/** Registers by their DWARF numbers (System V ABI for AMD64, figure 3.36). */
export const RAX = 0;
export const RCX = 2;
export const RBP = 6;
export const RSP = 7;
export const R8 = 8;
export const R13 = 13;
export const RIP = 16;
export const REGISTER_COUNT = 17;

/** Bytes of `struct unwind_mapping` and of `struct unwind_process`, and what kinds of mapping there are. */
export const MAPPING_BYTES = 40;
export const MAPPING = { start: 0, end: 8, bias: 16, index: 24, buckets: 28, rules: 32, kind: 36 } as const;
export const PROCESS = { mappings: 0, count: 4 } as const;
export const PROCESS_BYTES = 8;

/** enum unwind_mapping_kind */
export const MAPPING_TABLE = 1;
export const MAPPING_NO_TABLE = 2;
export const MAPPING_ANONYMOUS = 3;
export const MAPPING_PYTHON = 4;
export const MAPPING_PENDING = 5;
export const MAPPING_OVER_BUDGET = 6;
export const MAPPING_TABLE_AT_LEAF = 7;

/** enum unwind_frame_flags */
export const FRAME_LEAF = 1;
export const FRAME_ALL_REGISTERS = 2;
export const FRAME_BY_FRAME_POINTER = 4;
export const FRAME_NOT_MADE = 8;

/** The bit of an address that is not behind a call (UNWIND_NOT_RETURN_SHIFT), in the address's high word. */
export const NOT_RETURN_HIGH = 0x8000_0000;

/** Frames of a stack that are kept (UNWIND_MAX_FRAMES). */
export const MAX_FRAMES = 127;

/** How a walk ended, by enum unwind_end. */
export const UNWIND_ENDS = [
  "complete",
  "depth",
  "no-table",
  "no-mapping",
  "bad-frame-pointer",
  "read-fault",
  "unsupported-rule",
  "stack-not-growing",
  "over-budget",
  "pending",
] as const;

export type WalkEnd = (typeof UNWIND_ENDS)[number];
