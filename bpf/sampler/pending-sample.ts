import { PENDING, PENDING_BYTES, SAMPLE } from "./layout.js";
import type { ProcessImage } from "./process-image.js";

/** A sample whose user stack was walked in part: what it takes to walk on when there are tables. */
export interface PendingSample {
  /** What its process had mapped then. */
  image: ProcessImage;
  /** Its number in the stream's StackTable: finish() it there. */
  stack: number;
  /** In DWARF's order, rax to r15 and rip, at the frame where the walk stopped; its rip is the last address so far. */
  registers: BigUint64Array;
  /** enum unwind_frame_flags: 1 when rip is where the CPU was interrupted, 2 when all registers are known. */
  flags: number;
  /** The stack from that frame's rsp on. */
  stackCopy: Uint8Array;
}

/** Copies what follows the addresses of the record that starts at byte `start`; undefined when the record is cut short. */
export function readPending(
  bytes: Uint8Array,
  start: number,
  length: number,
): Pick<PendingSample, "registers" | "flags" | "stackCopy"> | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, length);
  const kernelBytes = Math.max(view.getInt32(SAMPLE.kernel_bytes, true), 0);
  const at = SAMPLE.addresses + kernelBytes + Math.max(view.getInt32(SAMPLE.user_bytes, true), 0);
  if (at + PENDING_BYTES > length) return undefined;
  const stackBytes = view.getUint32(at + PENDING.stack_bytes, true);
  if (at + PENDING_BYTES + stackBytes > length) return undefined;
  const copied = bytes.slice(start + at, start + at + PENDING_BYTES + stackBytes);
  return {
    registers: new BigUint64Array(copied.buffer, PENDING.registers, 17),
    flags: view.getUint32(at + PENDING.flags, true),
    stackCopy: copied.subarray(PENDING_BYTES),
  };
}
