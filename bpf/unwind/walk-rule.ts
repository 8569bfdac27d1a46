import {
  FRAME_LEAF,
  RBP,
  RSP,
  RULE,
  RULE_BYTES,
  RULE_CFA_DEREF,
  RULE_CFA_DEREF_INDEXED,
  RULE_CFA_GOROUTINE,
  RULE_CFA_REGISTER,
  RULE_RA_AT_CFA,
  RULE_RA_IN_REGISTER,
  RULE_RA_UNDEFINED,
  RULE_RBP_AT_CFA,
  RULE_RBP_AT_REGISTER,
  RULE_RBP_BY_POINTER,
  RULE_RBP_IN_REGISTER,
  type WalkEnd,
} from "./layout.js";
import type { UnwindTable } from "./unwind-table.js";
import type { WalkFrame } from "./walk-frame.js";

/** Goes to the caller by a rule of the side table; says how the walk ended, if it did. */
export function stepByRule(frame: WalkFrame, table: UnwindTable, number: number): WalkEnd | undefined {
  const at = number * RULE_BYTES;
  if (at + RULE_BYTES > table.rules.length) return "unsupported-rule";
  const rule = new DataView(table.rules.buffer, table.rules.byteOffset + at, RULE_BYTES);
  const cfa = ruleCfa(frame, rule);
  if (typeof cfa === "string") return cfa;

  const raKind = rule.getUint8(RULE.ra);
  if (raKind === RULE_RA_UNDEFINED) return "complete";
  const raBase = raKind === RULE_RA_AT_CFA ? cfa : frame.known(rule.getUint8(RULE.ra_reg));
  if (raBase === undefined) return "unsupported-rule";
  const returnAddress =
    raKind === RULE_RA_IN_REGISTER ? raBase : frame.word(raBase + rule.getInt32(RULE.ra_offset, true));
  if (returnAddress === undefined) return "read-fault";

  const rbp = ruleRbp(frame, rule, cfa);
  if (rbp === "unsupported-rule") return rbp;
  if (rbp === undefined) return "read-fault";
  // In code that runs for the leaf alone (vfork) the stack may stand still; a goroutine's is another one.
  const rsp = frame.registers[RSP];
  const isElsewhere = rule.getUint8(RULE.cfa) === RULE_CFA_GOROUTINE;
  if (!isElsewhere && !(cfa > rsp) && !(cfa === rsp && frame.isLeaf)) return "stack-not-growing";
  return frame.enterCaller(cfa, returnAddress, rbp, rule.getUint8(RULE.flags) & FRAME_LEAF);
}

function ruleCfa(frame: WalkFrame, rule: DataView): number | WalkEnd {
  const kind = rule.getUint8(RULE.cfa);
  const base = frame.known(rule.getUint8(RULE.cfa_reg));
  if (base === undefined) return "unsupported-rule";
  let address = base + rule.getInt32(RULE.cfa_offset, true);
  if (kind === RULE_CFA_REGISTER) return address;
  if (kind === RULE_CFA_GOROUTINE) {
    const [goroutine, depth] = [frame.word(address), frame.word(base + rule.getUint8(RULE.index_reg))];
    const end = goroutine === undefined ? undefined : frame.word(goroutine + 8);
    if (end === undefined || depth === undefined) return "read-fault";
    return end - depth + rule.getInt32(RULE.cfa_addend, true);
  }
  if (kind === RULE_CFA_DEREF_INDEXED) {
    const index = frame.known(rule.getUint8(RULE.index_reg));
    if (index === undefined) return "unsupported-rule";
    address += index * 8;
  } else if (kind !== RULE_CFA_DEREF) return "unsupported-rule";
  const word = frame.word(address);
  return word === undefined ? "read-fault" : word + rule.getInt32(RULE.cfa_addend, true);
}

/** `undefined` where it cannot be read. */
function ruleRbp(frame: WalkFrame, rule: DataView, cfa: number): number | "unsupported-rule" | undefined {
  const kind = rule.getUint8(RULE.rbp);
  const offset = rule.getInt32(RULE.rbp_offset, true);
  if (kind === RULE_RBP_AT_CFA) return frame.word(cfa + offset);
  if (kind !== RULE_RBP_AT_REGISTER && kind !== RULE_RBP_IN_REGISTER && kind !== RULE_RBP_BY_POINTER)
    return frame.registers[RBP];
  const base = frame.known(rule.getUint8(RULE.rbp_reg));
  if (base === undefined) return "unsupported-rule";
  if (kind === RULE_RBP_IN_REGISTER) return base;
  const word = frame.word(base + offset);
  return kind === RULE_RBP_BY_POINTER && word !== undefined ? frame.word(word) : word;
}
