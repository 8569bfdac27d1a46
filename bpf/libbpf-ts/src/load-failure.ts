import { existsSync } from "node:fs";
import { failure } from "./check.js";
import { UnsupportedError, VerifierError } from "./errors.js";
import { kernelAtLeast, kernelRelease } from "./kernel.js";

// Map types (enum bpf_map_type) newer than the oldest kernels that libbpf 1.0 loads CO-RE objects on.
const newerMapTypes: Record<number, [feature: string, minimumKernel: string]> = {
  27: ["BPF ring buffer", "5.8"],
  28: ["BPF inode storage", "5.10"],
  29: ["BPF task storage", "5.11"],
  30: ["BPF bloom filter", "5.16"],
  31: ["BPF user ring buffer", "6.1"],
  32: ["BPF cgroup storage", "6.2"],
  33: ["BPF arena", "6.9"],
};

/** Tells why an object was not loaded, from the error, what libbpf printed, and what the object has. */
export function loadFailure(operation: string, errno: number, log: string[], mapTypes: number[]): Error {
  const verifierLog = extractVerifierLog(log);
  if (verifierLog !== undefined) return new VerifierError(operation, errno, verifierLog);
  const cause = failure(operation, errno, { needs: ["CAP_BPF", "CAP_PERFMON"], log });
  const newer = mapTypes
    .map((type) => newerMapTypes[type])
    .find((entry) => entry && !kernelAtLeast(entry[1]));
  if (newer) return new UnsupportedError(newer[0], newer[1], { cause, thisKernel: kernelRelease() });
  if (log.some((line) => line.includes("vmlinux BTF")) && !existsSync("/sys/kernel/btf/vmlinux")) {
    return new UnsupportedError("kernel BTF (CONFIG_DEBUG_INFO_BTF)", undefined, { cause });
  }
  return cause;
}

/** The verifier's lines between libbpf's marks, or undefined when no program got as far as the verifier. */
function extractVerifierLog(log: string[]): string[] | undefined {
  const start = log.findIndex((line) => line.includes("-- BEGIN PROG LOAD LOG --"));
  const end = log.findIndex((line) => line.includes("-- END PROG LOAD LOG --"));
  return start === -1 ? undefined : log.slice(start + 1, end === -1 ? undefined : end);
}
