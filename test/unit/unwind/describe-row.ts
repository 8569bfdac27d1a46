import {
  CFA_DEREF_RSP,
  CFA_END,
  CFA_NONE,
  CFA_PLT,
  CFA_RBP,
  CFA_REGISTER,
  CFA_RSP,
  CFA_RULE,
  CFA_SIGNAL,
  FRAME_LEAF,
  RBP_SAVED,
  RULE,
  RULE_BYTES,
  RULE_CFA_DEREF_INDEXED,
  RULE_CFA_GOROUTINE,
  RULE_CFA_REGISTER,
  RULE_RA_AT_CFA,
  RULE_RA_AT_REGISTER,
  RULE_RBP_AT_CFA,
  RULE_RBP_AT_REGISTER,
  RULE_RBP_BY_POINTER,
  RULE_RBP_IN_REGISTER,
} from "../../../bpf/unwind/layout.js";
import type { UnwindTable } from "../../../bpf/unwind/unwind-table.js";

export const REGISTERS = "rax rdx rcx rbx rsi rdi rbp rsp r8 r9 r10 r11 r12 r13 r14 r15 rip".split(" ");

/** Behind a row that leads to a place which nothing called. */
export const NOT_BEHIND_CALL = " not behind a call";

/** What `readelf` writes for numbers behind registers: "+8", "-8". */
export function signed(value: number): string {
  return value < 0 ? `${value}` : `+${value}`;
}

/** Writes a row as "CFA rbp ra", each as readelf would or, where that says "exp", as a formula. */
export function describeRow(table: UnwindTable, row: number): string {
  const [first, second] = [table.rows[row * 2], table.rows[row * 2 + 1]];
  const [kind, rbpKind, reg] = [(first >>> 8) & 0xff, (first >>> 16) & 0xff, first >>> 24];
  const cfaOffset = signed((second << 16) >> 16);
  const rbp = rbpKind === RBP_SAVED ? `c${signed(second >> 16)}` : "u";
  switch (kind) {
    case CFA_NONE:
      return "none";
    case CFA_RSP:
      return `rsp${cfaOffset} ${rbp} c-8`;
    case CFA_RBP:
      return `rbp${cfaOffset} ${rbp} c-8`;
    case CFA_REGISTER:
      return `${REGISTERS[reg]}${cfaOffset} ${rbp} c-8`;
    case CFA_DEREF_RSP:
      return `*(rsp${signed(reg * 8)})${cfaOffset} ${rbp} c-8`;
    case CFA_PLT:
      return `plt${reg} ${rbp} c-8`;
    case CFA_SIGNAL:
      return "*(rsp+160)+0 *(rsp+120) *(rsp+168)";
    case CFA_END:
      return "end";
    case CFA_RULE:
      return describeRule(table, second & 0xffff);
    default:
      return "unsupported";
  }
}

function describeRule(table: UnwindTable, number: number): string {
  const view = new DataView(table.rules.buffer, table.rules.byteOffset + number * RULE_BYTES, RULE_BYTES);
  const name = (at: number) => REGISTERS[view.getUint8(at)];
  const offset = (at: number) => signed(view.getInt32(at, true));
  const base = `${name(RULE.cfa_reg)}${offset(RULE.cfa_offset)}`;
  const cfaKind = view.getUint8(RULE.cfa);
  const index = cfaKind === RULE_CFA_DEREF_INDEXED ? `+${name(RULE.index_reg)}*8` : "";
  const cfa =
    cfaKind === RULE_CFA_GOROUTINE
      ? `*(*(${base})+8)-*(${name(RULE.cfa_reg)}${signed(view.getUint8(RULE.index_reg))})${offset(RULE.cfa_addend)}`
      : cfaKind === RULE_CFA_REGISTER
        ? base
        : `*(${base}${index})${offset(RULE.cfa_addend)}`;
  const rbpKind = view.getUint8(RULE.rbp);
  const rbp =
    rbpKind === RULE_RBP_AT_CFA
      ? `c${offset(RULE.rbp_offset)}`
      : rbpKind === RULE_RBP_AT_REGISTER
        ? `*(${name(RULE.rbp_reg)}${offset(RULE.rbp_offset)})`
        : rbpKind === RULE_RBP_IN_REGISTER
          ? name(RULE.rbp_reg)
          : rbpKind === RULE_RBP_BY_POINTER
            ? `**(${name(RULE.rbp_reg)}${offset(RULE.rbp_offset)})`
            : "u";
  const raKind = view.getUint8(RULE.ra);
  const ra =
    raKind === RULE_RA_AT_CFA
      ? `c${offset(RULE.ra_offset)}`
      : raKind === RULE_RA_AT_REGISTER
        ? `*(${name(RULE.ra_reg)}${offset(RULE.ra_offset)})`
        : name(RULE.ra_reg);
  return `${cfa} ${rbp} ${ra}${view.getUint8(RULE.flags) & FRAME_LEAF ? NOT_BEHIND_CALL : ""}`;
}
