/**
 * Stands for a number that is too large for a rule. All numbers of a state are integers of 32 bits, which V8 keeps
 * without a box.
 */
export const TOO_LARGE = -0x8000_0000;

export function toInteger(value: number): number {
  return value <= 0x7fff_ffff && value > TOO_LARGE ? value | 0 : TOO_LARGE;
}

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

  copy(other: CfiState): void {
    this.cfa = other.cfa;
    this.cfaRegister = other.cfaRegister;
    this.cfaOffset = other.cfaOffset;
    this.cfaExpression = other.cfaExpression;
    this.rbp = other.rbp;
    this.rbpValue = other.rbpValue;
    this.rsp = other.rsp;
    this.rspValue = other.rspValue;
    this.ra = other.ra;
    this.raValue = other.raValue;
  }
}
