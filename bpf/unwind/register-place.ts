import type { CfiReader } from "./cfi-reader.js";
import {
  CFA_BY_EXPRESSION,
  CFA_BY_REGISTER,
  type CfiState,
  EXPRESSION,
  OFFSET,
  REGISTER,
  SAME_VALUE,
  TOO_LARGE,
  UNDEFINED,
  UNSPECIFIED,
  VAL_EXPRESSION,
  VAL_OFFSET,
} from "./cfi-state.js";
import { CFA_BASE, evaluate, type Formula, register } from "./expression.js";
import { REGISTER_COUNT, RIP } from "./layout.js";

/** No expression of a compiler is near this long; it bounds what is copied. */
const MAX_EXPRESSION_BYTES = 256;

/** Where a register of the caller is: the kind of its rule, and what that is relative to. */
export interface Place {
  kind: number;
  register: number;
  offset: number;
}

/** The formula of the CFA, if it is known and one of a few kinds. */
export function cfaFormula(state: CfiState, reader: CfiReader): Formula | undefined {
  if (state.cfa === CFA_BY_REGISTER && state.cfaOffset !== TOO_LARGE)
    return register(state.cfaRegister, state.cfaOffset);
  return state.cfa === CFA_BY_EXPRESSION ? formulaAt(reader, state.cfaExpression) : undefined;
}

function formulaAt(reader: CfiReader, place: number, start?: Formula): Formula | undefined {
  const resume = reader.at;
  reader.at = place;
  const size = reader.uleb();
  const begin = reader.at;
  reader.at = resume;
  if (size > MAX_EXPRESSION_BYTES) return undefined;
  return evaluate(reader.bytes.subarray(begin, begin + size), start);
}

/** Where a register of the caller is found; `base` is the formula of the CFA when that is not the caller's rsp. */
export function placeOf(kind: number, value: number, reader: CfiReader, base?: Formula): Place | undefined {
  switch (kind) {
    case UNSPECIFIED:
    case SAME_VALUE:
      return { kind: SAME_VALUE, register: 0, offset: 0 };
    case UNDEFINED:
      return { kind: UNDEFINED, register: 0, offset: 0 };
    case OFFSET:
      return value !== TOO_LARGE ? saved(base ?? register(CFA_BASE, 0), value) : undefined;
    case REGISTER:
      return isRegister(value) ? { kind: REGISTER, register: value, offset: 0 } : undefined;
    case EXPRESSION:
      return saved(formulaAt(reader, value, base ?? register(CFA_BASE, 0)), 0);
    case VAL_EXPRESSION: {
      const formula = formulaAt(reader, value, base ?? register(CFA_BASE, 0));
      if (formula?.kind === "deref") return formula.addend === 0 ? saved(formula.address, 0) : undefined;
      if (formula?.kind !== "sum" || formula.index >= 0 || formula.offset !== 0) return undefined;
      return isRegister(formula.base) ? { kind: REGISTER, register: formula.base, offset: 0 } : undefined;
    }
    default: // VAL_OFFSET: an address in the frame is neither rbp's nor a return address's value in any compiler's code
      return undefined;
  }
}

function saved(address: Formula | undefined, offset: number): Place | undefined {
  if (address?.kind !== "sum" || address.index >= 0) return undefined;
  if (address.base !== CFA_BASE && !isRegister(address.base)) return undefined;
  return { kind: OFFSET, register: address.base, offset: address.offset + offset };
}

/**
 * The formula of the caller's rsp where a function says that it is not the CFA, as longjmp and setcontext do. The CFA
 * must then be a register plus an offset, for what is saved relative to it.
 */
export function movedStack(state: CfiState, reader: CfiReader, cfa: Formula): Formula | undefined {
  if (!changesStack(state) || cfa.kind !== "sum" || cfa.index >= 0) return undefined;
  const place = placeOf(state.rsp, state.rspValue, reader, cfa);
  if (place?.kind === REGISTER) return register(place.register, 0);
  return place?.kind === OFFSET
    ? { kind: "deref", address: register(place.register, place.offset), addend: 0 }
    : undefined;
}

/** Whether the caller's rsp is another than the CFA. */
export function changesStack({ rsp, rspValue }: CfiState): boolean {
  const isCfa = rsp === UNSPECIFIED || rsp === SAME_VALUE || (rsp === VAL_OFFSET && rspValue === 0);
  return !isCfa;
}

/** Whether a number is of a general register. */
export function isRegister(number: number): boolean {
  return number >= 0 && number < REGISTER_COUNT && number !== RIP;
}
