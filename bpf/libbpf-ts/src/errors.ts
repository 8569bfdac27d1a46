import { constants } from "node:os";
import { getSystemErrorMap } from "node:util";
import { describePrivileges } from "./privileges.js";

/** libbpf, a system call or the kernel refused an operation. */
export class BpfError extends Error {
  override readonly name: string = "BpfError";
  /** What was attempted, for example "load sampler.bpf.o". */
  readonly operation: string;
  /** The error's symbolic name, for example "ENOENT". */
  readonly code: string;
  /** The error's number, positive. */
  readonly errno: number;
  /** What libbpf printed during the operation, one string a line. */
  readonly log: readonly string[];

  constructor(operation: string, errno: number, log: readonly string[] = [], detail = "") {
    const [code, text] = describeErrno(errno);
    super(`${operation}: ${code} (${text})${detail}`);
    this.operation = operation;
    this.code = code;
    this.errno = errno;
    this.log = log;
  }
}

/** The process may not do this; the message says which privilege is missing and how to get it. */
export class PermissionError extends BpfError {
  override readonly name = "PermissionError";
  /** The capabilities that the operation needs and the process did not have when it failed. */
  readonly missing: readonly string[];

  constructor(operation: string, errno: number, needs: readonly string[], log: readonly string[] = []) {
    const { missing, text } = describePrivileges(needs);
    super(operation, errno, log, `: ${text}`);
    this.missing = missing;
  }
}

/** The verifier refused a program. The message has its last lines, `log` has all of them. */
export class VerifierError extends BpfError {
  override readonly name = "VerifierError";

  constructor(operation: string, errno: number, log: readonly string[]) {
    const useful = log.filter((line) => line !== "" && !bookkeeping.test(line)).slice(-verifierLines);
    const omitted = log.length - useful.length;
    super(operation, errno, log, `: ${useful.join("; ")} (${omitted} lines omitted)`);
  }
}

const verifierLines = 3;
// Statistics and libbpf's framing follow the line that says why.
const bookkeeping =
  /^(processed \d+ insns|verification time|stack depth|-- |insns_stats|peak_states|libbpf: )/;

/** The kernel or the machine does not have a feature. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  /** What is missing, for example "BPF ring buffer". */
  readonly feature: string;
  /** The first Linux release that has it, for example "5.8"; undefined when no release would. */
  readonly minimumKernel: string | undefined;

  constructor(feature: string, minimumKernel?: string, options?: ErrorOptions & { thisKernel?: string }) {
    super(
      minimumKernel === undefined
        ? `${feature} is not available on this machine`
        : `${feature} needs Linux ≥ ${minimumKernel}, this is ${options?.thisKernel ?? "older"}`,
      options,
    );
    this.feature = feature;
    this.minimumKernel = minimumKernel;
  }
}

/** libbpf.so.1 could not be opened. */
export class LibraryNotFoundError extends Error {
  override readonly name = "LibraryNotFoundError";
  /** The file that was looked for. */
  readonly path: string;

  constructor(path: string, options?: ErrorOptions) {
    const reason = options?.cause instanceof Error ? ` (${options.cause.message})` : "";
    super(
      `${path} not found${reason}. Debian/Ubuntu: apt install libbpf1; Fedora: dnf install libbpf. ` +
        "LIBBPF_PATH names a library elsewhere.",
      options,
    );
    this.path = path;
  }
}

/** Something was used after its close(), or after the close() of what it came from. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";

  constructor(what: string) {
    super(`${what} is closed`);
  }
}

// What bpf(2) returns for a descriptor of another kind, and the kernel's own number for "no such operation"
// (include/uapi/asm-generic/errno.h, include/linux/errno.h).
const unknownToNode: Record<number, [code: string, text: string]> = {
  77: ["EBADFD", "not a descriptor of this kind"],
  524: ["ENOTSUPP", "operation not supported by the kernel"],
};

/** Name and text of an error number. */
function describeErrno(errno: number): [code: string, text: string] {
  const known = unknownToNode[errno] ?? getSystemErrorMap().get(-errno);
  if (known !== undefined) return known;
  const entry = Object.entries(constants.errno).find(([, number]) => number === errno);
  return [entry?.[0] ?? `errno ${errno}`, "see errno(3)"];
}
