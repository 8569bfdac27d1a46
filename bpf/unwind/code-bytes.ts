import { CFA_NONE, CFA_RSP, CFA_SIGNAL, R8, RBP_SAME, RBP_SAVED, RCX } from "./layout.js";

/** Bytes that are looked at before an address, and from it on. */
export const CODE_BYTES_BEFORE = 10;
export const CODE_BYTES = 30;

/** The parts of a row that code alone can tell. */
export interface CodeRow {
  cfa: number;
  cfaOffset: number;
  rbp: number;
  rbpOffset: number;
}

const row = (cfa: number, cfaOffset = 0, rbp = RBP_SAME, rbpOffset = 0): CodeRow => ({
  cfa,
  cfaOffset,
  rbp,
  rbpOffset,
});

const UNKNOWN = row(CFA_NONE);
const SIGNAL = row(CFA_SIGNAL);
export const AT_ENTRY = row(CFA_RSP, 8);
const PUSHED_8 = row(CFA_RSP, 16);
const PUSHED_RBP = row(CFA_RSP, 16, RBP_SAVED, -16);

/** mov $15, %rax (or %eax); syscall: where a signal handler returns to. */
const SIGRETURN = [
  [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05],
  [0xb8, 0x0f, 0, 0, 0, 0x0f, 0x05],
];
/** add $8, %rsp; ret: CPython's perf trampoline behind its call. */
const PYTHON_RETURN = [0x48, 0x83, 0xc4, 0x08, 0xc3];

/** Whether the frame pointer is the interrupted function's own or its caller's: what comes next tells. */
const AT_LEAF: [pattern: number[], means: CodeRow][] = [
  [[0xf3, 0x0f, 0x1e, 0xfa], AT_ENTRY], // endbr64
  [[0x55, 0x48, 0x8b, 0xec], AT_ENTRY], // push %rbp; mov %rsp, %rbp
  [[0x48, 0x89, 0xe5], PUSHED_RBP], // mov %rsp, %rbp
  [[0x48, 0x8b, 0xec], PUSHED_RBP],
  [[0xc3], AT_ENTRY], // ret; ret $n; rep ret
  [[0xc2], AT_ENTRY],
  [[0xf3, 0xc3], AT_ENTRY],
  [[0x5d, 0xc3], PUSHED_RBP], // pop %rbp; ret
  [[0x5d, 0xc2], PUSHED_RBP],
];

const PYTHON_LEAF: [pattern: number[], means: CodeRow][] = [
  [[0x48, 0x83, 0xec, 0x08, 0xff], AT_ENTRY], // sub $8, %rsp; call *%rcx
  [[0xff, 0xd1, ...PYTHON_RETURN], PUSHED_8],
  [PYTHON_RETURN, PUSHED_8],
];

/**
 * What the code at byte `at` says of its frame, where no row covers it: the same as unwind_row_by_code in
 * bpf/programs/unwind_step.h.
 */
export function rowByCode(code: Uint8Array, at: number, isLeaf: boolean, isPython: boolean): CodeRow {
  if (SIGRETURN.some((pattern) => matches(code, at, pattern))) return SIGNAL;
  if (!isLeaf) return isPython && matches(code, at, PYTHON_RETURN) ? PUSHED_8 : UNKNOWN;
  if (isV8Entry(code, at) || isV8BaselineEntry(code, at) || isV8Exit(code, at)) return AT_ENTRY;
  const known = isPython ? [...AT_LEAF, ...PYTHON_LEAF] : AT_LEAF;
  return known.find(([pattern]) => matches(code, at, pattern))?.[1] ?? UNKNOWN;
}

/** The register into which V8's code has just taken the return address off the stack, to take the arguments off next. */
export function v8ReturnRegister(code: Uint8Array, at: number): number | undefined {
  // lea (%rsp,%rcx,8), %rsp, also by r8 to r15; or add %rbx, %rsp
  const isLea =
    (code[at] & 0xfd) === 0x48 && matches(code, at + 1, [0x8d, 0x24]) && (code[at + 3] & 0xc7) === 0xc4;
  const pushAt = isLea ? at + 4 : skip(code, at, [0x48, 0x03, 0xe3], 3);
  // push %r8 to %r15; ret
  const isPush = code[pushAt] === 0x41 && (code[pushAt + 1] & 0xf8) === 0x50 && code[pushAt + 2] === 0xc3;
  if (isPush) return R8 + (code[pushAt + 1] & 7);
  return matches(code, pushAt, [0x51, 0xc3]) ? RCX : undefined; // push %rcx; ret
}

/** At one of: mov disp8(%rcx), %rbx; test $imm, disp8(%rbx); jne disp32; push %rbp; mov %rsp, %rbp. */
function isV8Entry(code: Uint8Array, start: number): boolean {
  let at = skip(code, start, [0x48, 0x8b, 0x59], 4);
  const shortTest = skip(code, at, [0xf6, 0x43], 4);
  at = shortTest !== at ? shortTest : skip(code, at, [0xf7, 0x43], 7);
  at = skip(code, at, [0x0f, 0x85], 6);
  return matches(code, at, [0x55, 0x48, 0x89, 0xe5]);
}

/** At one of: mov $imm32, %ebx in newer V8; mov $imm64, %r12; call disp32, which makes the frame. */
function isV8BaselineEntry(code: Uint8Array, start: number): boolean {
  const at = skip(code, start, [0xbb], 5);
  const isAtMove = matches(code, at, [0x49, 0xbc]) && code[at + 10] === 0xe8;
  return isAtMove || (matches(code, at - 10, [0x49, 0xbc]) && code[at] === 0xe8);
}

/**
 * At one of: cmp $imm8, register; jg 3; ret $imm16; or at pop %r8 to %r15 with lea, or pop %rcx with add, behind it; or at
 * mov disp32(%r13), %rax; ret.
 */
function isV8Exit(code: Uint8Array, start: number): boolean {
  const isCompare =
    (code[start] & 0xfe) === 0x48 && code[start + 1] === 0x83 && (code[start + 2] & 0xf8) === 0xf8;
  const at = isCompare ? start + 4 : start;
  const byte = (offset: number) => code[at + offset];
  return (
    matches(code, at, [0x7f, 0x03, 0xc2]) ||
    (matches(code, at, [0x0f, 0x8f, 0x03, 0]) && byte(6) === 0xc2) ||
    (matches(code, at, [0x49, 0x8b, 0x85]) && byte(7) === 0xc3) ||
    matches(code, at, [0x59, 0x48, 0x03, 0xe3]) ||
    (byte(0) === 0x41 &&
      (byte(1) & 0xf8) === 0x58 &&
      (byte(2) & 0xfd) === 0x48 &&
      matches(code, at + 3, [0x8d, 0x24]))
  );
}

function skip(code: Uint8Array, at: number, pattern: number[], bytes: number): number {
  return matches(code, at, pattern) ? at + bytes : at;
}

function matches(code: Uint8Array, at: number, pattern: number[]): boolean {
  return pattern.every((byte, i) => code[at + i] === byte);
}
