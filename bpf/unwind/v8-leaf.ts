import type { AbsoluteAddress } from "../symbols/address.js";
import { R13, RBP, RIP, RSP } from "./layout.js";
import { USER_END, type WalkFrame, type WalkMapping } from "./walk-frame.js";

/** The longest stretch from a builtin's start in which it is looked for. */
const BUILTIN_BYTES = 8192;
/** Code that is looked at before a return address, and from it on. */
const BYTES_BEFORE = 16;
const BYTES_FROM = 3;

/**
 * Whether the address at rsp is where V8's leaf returns to, because the call before it was to just before where the leaf
 * is: builtins and bytecode handlers make a frame only where they need one. "makes-frame" when the caller called it to
 * make its own. The same as unwind_v8_leaf_kind in bpf/programs/unwind_v8.h, but for calls by a table of the process,
 * which is not in the copied stack.
 */
export function v8LeafKind(
  frame: WalkFrame,
  mapping: WalkMapping,
  readCode: (address: AbsoluteAddress, length: number) => Uint8Array | undefined,
): "without-frame" | "makes-frame" | undefined {
  const isV8 = mapping.kind === "table" || mapping.kind === "anonymous";
  if (!isV8 || frame.known(R13) === undefined) return undefined;
  const returnAddress = frame.word(frame.registers[RSP]);
  if (returnAddress === undefined || returnAddress < 4096 || returnAddress >= USER_END) return undefined;
  const bytes = readCode(returnAddress - BYTES_BEFORE, BYTES_BEFORE + BYTES_FROM);
  if (!bytes || bytes.length < BYTES_BEFORE + BYTES_FROM) return undefined;
  const isAt = (at: number, ...pattern: number[]) => pattern.every((byte, i) => bytes[at + i] === byte);
  if (isAt(11, 0xe8)) {
    // call disp32
    const distance = new DataView(bytes.buffer, bytes.byteOffset).getInt32(12, true);
    const within = frame.registers[RIP] - (returnAddress + distance);
    if (!(within >= 0 && within < BUILTIN_BYTES)) return undefined;
    // mov $imm64, %r12 before it: what baseline code begins with
    return isAt(1, 0x49, 0xbc) ? "makes-frame" : "without-frame";
  }
  // call *%rcx; mov disp8(%rbp), %r12: a handler. When it has a frame of its own, that has a small even number where the
  // interpreter's has a context, whose lowest bit is set (frame-constants.h in V8).
  if (!isAt(14, 0xff, 0xd1, 0x4c, 0x8b, 0x65)) return undefined;
  const context = frame.word(frame.registers[RBP] - 8);
  return context !== undefined && context % 2 === 1 ? "without-frame" : undefined;
}
