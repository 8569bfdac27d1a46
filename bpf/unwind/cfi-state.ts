/** Stands for a number that is too large for a rule. */
export const TOO_LARGE = -0x8000_0000;

/** How a register's value in the caller is found; `value` is what each needs. */
export const UNSPECIFIED = 0;
export const SAME_VALUE = 1;
export const UNDEFINED = 2;
/** Saved at CFA + value. */
export const OFFSET = 3;
/** Is CFA + value. */
export const VAL_OFFSET = 4;
/** Is in the register that value numbers. */
export const REGISTER = 5;
/** Saved at, or is, what the expression at this place of the section comes to; its length stands there. */
export const EXPRESSION = 6;
export const VAL_EXPRESSION = 7;

/** The CFA is a register plus an offset, an expression, or not told. */
export const CFA_BY_NOTHING = 0;
export const CFA_BY_REGISTER = 1;
export const CFA_BY_EXPRESSION = 2;

/** The rules in force at one address, for the registers that a walk needs. */
export class CfiState {
  cfa = CFA_BY_NOTHING;
  cfaRegister = 0;
  /** Bytes from that register. */
  cfaOffset = 0;
  /** Place of the expression in the section. */
  cfaExpression = 0;
  rbp = UNSPECIFIED;
  rbpValue = 0;
  rsp = UNSPECIFIED;
  rspValue = 0;
  ra = UNSPECIFIED;
  raValue = 0;

  /** Takes over the words of `struct cfi_state` (cfi/state.h). */
  static from(words: Int32Array): CfiState {
    const state = new CfiState();
    [state.cfa, state.cfaRegister, state.cfaOffset, state.cfaExpression] = words;
    [state.rbp, state.rbpValue, state.rsp, state.rspValue, state.ra, state.raValue] = words.subarray(4);
    return state;
  }
}
