import { copyMemory, libbpf, libc, registerPrint, writeMemory } from "./ffi.js";

/** Lines of the operation under way, undefined between operations. */
let lines: string[] | undefined;
let installed = false;
let buffer = new Uint8Array(16 << 10);

/** Runs `operation` and returns its result with what libbpf printed meanwhile; nothing reaches stderr. */
export function captureLog<T>(operation: () => T): { result: T; log: string[] } {
  installPrint();
  const outer = lines;
  const log: string[] = [];
  lines = log;
  try {
    return { result: operation(), log };
  } finally {
    lines = outer;
  }
}

/** Replaces libbpf's printing to stderr, for the life of the process. */
export function installPrint(): void {
  if (installed) return;
  libbpf().libbpf_set_print(registerPrint(print));
  installed = true;
}

const LIBBPF_DEBUG = 2; // enum libbpf_print_level, bpf/libbpf.h

function print(level: number, format: bigint, args: bigint): number {
  if (lines === undefined || level >= LIBBPF_DEBUG) return 0;
  lines.push(...formatMessage(format, args).trimEnd().split("\n"));
  return 0;
}

// SAFETY: a va_list parameter is a pointer in both conventions: to an array's element on x86-64 (24 bytes, System V
// ABI 3.5.7), to a caller's copy of a struct on arm64 (32 bytes, AAPCS64 10.1.5). vsnprintf consumes it, so the
// second pass, for a verifier log longer than the buffer, starts from a copy of its first state.
const vaListBytes = process.arch === "arm64" ? 32 : 24;

function formatMessage(format: bigint, args: bigint): string {
  const saved = copyMemory(args, vaListBytes);
  let length = libc().vsnprintf(buffer, buffer.length, format, args);
  if (length >= buffer.length) {
    buffer = new Uint8Array(length + 1);
    writeMemory(args, saved);
    length = libc().vsnprintf(buffer, buffer.length, format, args);
  }
  return Buffer.from(buffer.buffer, 0, Math.max(length, 0)).toString("utf8");
}
