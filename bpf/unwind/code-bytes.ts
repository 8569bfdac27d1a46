import { CFA_NONE, CFA_RSP, CFA_SIGNAL, RBP_SAME, RBP_SAVED } from "./layout.js";

/** Bytes that are looked at from the address on. */
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
const AT_ENTRY = row(CFA_RSP, 8);
const PUSHED_8 = row(CFA_RSP, 16);
const PUSHED_RBP = row(CFA_RSP, 16, RBP_SAVED, -16);

const ANY = -1;

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
  [[0x49, 0xbc, ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY, 0xe8], AT_ENTRY], // V8: mov $imm64, %r12; call
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
 * What the code from an address on says of its frame, where no row covers it: the same as unwind_row_by_code in
 * bpf/programs/unwind_step.h.
 */
export function rowByCode(code: Uint8Array, isLeaf: boolean, isPython: boolean): CodeRow {
  if (SIGRETURN.some((pattern) => matches(code, 0, pattern))) return SIGNAL;
  if (!isLeaf) return isPython && matches(code, 0, PYTHON_RETURN) ? PUSHED_8 : UNKNOWN;
  if (isV8Entry(code) || isV8Exit(code)) return AT_ENTRY;
  const known = isPython ? [...AT_LEAF, ...PYTHON_LEAF] : AT_LEAF;
  return known.find(([pattern]) => matches(code, 0, pattern))?.[1] ?? UNKNOWN;
}

/** Whether V8's code has just taken the return address off the stack into r10: [lea (%rsp,%rcx,8), %rsp;] push %r10; ret. */
export function isV8ReturnInR10(code: Uint8Array): boolean {
  return matches(code, skip(code, 0, [0x48, 0x8d, 0x24, 0xcc], 4), [0x41, 0x52, 0xc3]);
}

/** At one of: mov disp8(%rcx), %rbx; test $imm, disp8(%rbx); jne disp32; push %rbp; mov %rsp, %rbp. */
function isV8Entry(code: Uint8Array): boolean {
  let at = skip(code, 0, [0x48, 0x8b, 0x59], 4);
  const shortTest = skip(code, at, [0xf6, 0x43], 4);
  at = shortTest !== at ? shortTest : skip(code, at, [0xf7, 0x43], 7);
  at = skip(code, at, [0x0f, 0x85], 6);
  return matches(code, at, [0x55, 0x48, 0x89, 0xe5]);
}

/** At one of: cmp $imm8, %rcx; jg 3; ret $imm16; pop %r10 with lea behind it. */
function isV8Exit(code: Uint8Array): boolean {
  const at = skip(code, 0, [0x48, 0x83, 0xf9], 4);
  return matches(code, at, [0x7f, 0x03, 0xc2]) || matches(code, at, [0x41, 0x5a, 0x48, 0x8d, 0x24]);
}

function skip(code: Uint8Array, at: number, pattern: number[], bytes: number): number {
  return matches(code, at, pattern) ? at + bytes : at;
}

function matches(code: Uint8Array, at: number, pattern: number[]): boolean {
  return pattern.every((byte, i) => byte === ANY || code[at + i] === byte);
}
