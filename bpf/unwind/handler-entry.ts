/**
 * Where a function of GCC's unwinder (libgcc's unwind.inc, as _Unwind_RaiseException) goes on in an exception's handler.
 *
 * From its call of uw_install_context_1 on it writes what it found over its own frame, the return address included, so
 * that the unwind data lead from its frame into the handler's function with the wrong stack. But it holds the frame that
 * it goes to in a `struct _Unwind_Context`, which it also shows to _Unwind_DebugHook: uw_install_context.
 */
export interface HandlerEntry {
  /** Bytes before the place at which the function has given up its frame: the call is the last instruction before it. */
  before: number;
  /** Where the context has the handler frame's rsp, from rbp; the handler's address is in the word behind it. */
  rspAt: number;
  /** Where it has a pointer to the handler frame's rbp. */
  rbpPointerAt: number;
}

/** Code that is looked at before the place. */
export const HANDLER_ENTRY_BYTES = 400;
/** Between the loads of the hook's arguments, and from them to its call and back to the call before. */
const NEAR_BYTES = 24;
const CALL_BYTES = 5;
/** `reg`, in front of `cfa` and `ra`: pointers to 17 registers and one more, rbp's the 7th. */
const RBP_BEFORE_RSP = (18 - 6) * 8;

/**
 * Finds the call and the context by the loads of _Unwind_DebugHook's arguments: two neighbouring words of the frame,
 * between two calls.
 *
 * @param code the {@link HANDLER_ENTRY_BYTES} before the place
 * @returns `undefined` where the code does not look like this
 */
export function findHandlerEntry(code: Uint8Array): HandlerEntry | undefined {
  const view = new DataView(code.buffer, code.byteOffset, code.byteLength);
  const loads: { at: number; end: number; from: number; toRdi: boolean }[] = [];
  for (let at = 0; at + 7 <= code.length; at++) {
    // mov disp(%rbp), %reg of 64 bits
    if ((code[at] & 0xfb) !== 0x48 || code[at + 1] !== 0x8b) continue;
    const mode = code[at + 2] & 0xc7;
    const toRdi = code[at] === 0x48 && (code[at + 2] & 0x38) === 0x38;
    if (mode === 0x85) loads.push({ at, end: at + 7, from: view.getInt32(at + 3, true), toRdi });
    else if (mode === 0x45) loads.push({ at, end: at + 4, from: view.getInt8(at + 3), toRdi });
  }
  // The last one: before it other functions may have been written into this one.
  for (let i = loads.length - 2; i >= 0; i--) {
    const [first, second] = [loads[i], loads[i + 1]];
    const [rsp, address] = first.toRdi ? [first, second] : [second, first];
    if (second.at - first.end > NEAR_BYTES || !rsp.toRdi || address.from !== rsp.from + 8) continue;
    const call = lastCall(view, first.at);
    if (call === undefined || !hasCall(code, second.end)) continue;
    const before = code.length - call - CALL_BYTES;
    return { before, rspAt: rsp.from, rbpPointerAt: rsp.from - RBP_BEFORE_RSP };
  }
  return undefined;
}

/** Where the last call is that ends near before a place. */
function lastCall(view: DataView, end: number): number | undefined {
  for (let at = end - CALL_BYTES; at >= 0 && at > end - NEAR_BYTES; at--)
    if (view.getUint8(at) === 0xe8) return at;
  return undefined;
}

function hasCall(code: Uint8Array, from: number): boolean {
  const at = code.indexOf(0xe8, from);
  return at >= 0 && at < from + NEAR_BYTES;
}
