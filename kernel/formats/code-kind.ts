import type { FrameKind } from "../dataframe/profile-data.js";

/** Names in brackets that are no kernel module. */
const NO_KERNEL_MODULE = new Set([
  "[vdso]",
  "[vsyscall]",
  "[heap]",
  "[stack]",
  "[unknown]",
  "[jit]",
  "[anon]",
]);
/** What perf calls the Linux kernel. */
const KERNEL = /^\[(kernel|guest\.kernel)(\.kallsyms|\.vmlinux)?\]/;
/** Files that tell where code made at run time is. */
const JIT = /^\[jit\]$|(^|\/)(perf-\d+\.map|jitted-\d+-\d+\.so)$|^\/\/anon$/;

/** A module by the name that it has here, and the kind of its code, by what perf and pprof call it. */
export function codeOfModule(module: string): { module: string; kind: FrameKind } {
  if (KERNEL.test(module) || module === "vmlinux" || /\/vmlinux(-[^/]*)?$/.test(module))
    return { module: "[kernel]", kind: "kernel" };
  if (JIT.test(module)) return { module: "[jit]", kind: "jit" };
  const isKernelModule = /^\[[\w.-]+\]$/.test(module) && !NO_KERNEL_MODULE.has(module);
  return { module, kind: isKernelModule || /\.ko(\.[gx]z|\.zst)?$/.test(module) ? "kernel" : "user" };
}
