import { BpfError, PermissionError } from "./errors.js";
import { errno } from "./ffi.js";

/** The numbers that the binding tells apart (include/uapi/asm-generic/errno-base.h, errno.h, linux/errno.h). */
export const EPERM = 1;
export const ENOENT = 2;
export const EACCES = 13;
export const EINVAL = 22;
export const ENOSPC = 28;
export const EOPNOTSUPP = 95;
export const ENOTSUPP = 524;

export interface CheckContext {
  /** Capabilities that the operation needs; named when it is refused. */
  needs?: readonly string[];
  log?: readonly string[];
}

/** Passes a libbpf return on, or throws: since 1.0 a failure is a negative errno. */
export function check(operation: string, result: number, context: CheckContext = {}): number {
  if (result >= 0) return result;
  throw failure(operation, -result, context);
}

/** Passes a libbpf pointer on, or throws: since 1.0 a failure is NULL with errno set. */
export function checkPointer<P>(operation: string, pointer: P | null, context: CheckContext = {}): P {
  if (pointer !== null) return pointer;
  throw failure(operation, errno(), context);
}

/** Passes a libc return on, or throws: a failure is -1 with errno set. */
export function checkSyscall(operation: string, result: number, context: CheckContext = {}): number {
  if (result !== -1) return result;
  throw failure(operation, errno(), context);
}

/** The error for a failed operation. */
export function failure(
  operation: string,
  errno: number,
  { needs = [], log = [] }: CheckContext = {},
): BpfError {
  if (errno === EPERM || errno === EACCES) return new PermissionError(operation, errno, needs, log);
  return new BpfError(operation, errno, log);
}
