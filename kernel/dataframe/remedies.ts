/** What is wrong, in words that follow a colon, and what a person can do about it. */
export interface Remedy {
  readonly what: string;
  readonly remedy: string;
}

/** For each way in which the walk of a stack ends before its root. */
export const END_REMEDIES: Readonly<Record<string, Remedy>> = {
  depth: {
    what: "they have more frames than are kept",
    remedy: "raise maxDepth, up to 127; what is missing is the part next to the root",
  },
  "no-table": {
    what: "no unwind data and no frame pointers",
    remedy: "install its debug package or build with -fasynchronous-unwind-tables",
  },
  "no-mapping": {
    what: "a return address lies in no executable memory",
    remedy: "build the code above with -fasynchronous-unwind-tables, or a JIT's with frame pointers",
  },
  "bad-frame-pointer": {
    what: "the chain of frame pointers breaks",
    remedy:
      "build with -fno-omit-frame-pointer; a JIT has an option for it, as Java's -XX:+PreserveFramePointer",
  },
  "read-fault": {
    what: "the stack's memory could not be read at that moment",
    remedy: "profile again once the program is warm: memory that is swapped out cannot be read in a tick",
  },
  "unsupported-rule": {
    what: "its unwind data has a rule that proflab does not evaluate",
    remedy: "build it with frame pointers, and report the file",
  },
  "stack-not-growing": {
    what: "a caller's frame would lie below its callee's",
    remedy: "its unwind data is wrong, or it switches stacks: build it with frame pointers",
  },
  "over-budget": {
    what: "its unwind table did not fit into the memory set aside for tables",
    remedy: "name the process to profile, or give the sampler more memory for tables",
  },
};

/** For each reason for which an address has no name. */
export const REASON_REMEDIES: Readonly<Record<string, Remedy>> = {
  unmapped: {
    what: "the process had no such mapping when it was looked at",
    remedy: "it unloaded the code, or replaced itself, early: profile it by pid while it runs",
  },
  "process-gone": {
    what: "the process ended before its mappings could be read",
    remedy: "profile it by pid while it runs, or make it run longer",
  },
  "missing-symbols": {
    what: "the file has no symbols",
    remedy: "install its debug package or build without stripping (-s)",
  },
  "no-jit-map": {
    what: "it is code made at run time, and the program writes no perf map",
    remedy: "start node with --perf-basic-prof --interpreted-frames-native-stack, python3 with -X perf",
  },
  "unknown-address": {
    what: "there are symbols, and none covers these addresses",
    remedy: "install its debug package: what is exported alone is not all",
  },
  unsupported: {
    what: "not a 64-bit little-endian ELF file",
    remedy: "run a 64-bit build of it",
  },
  "file-gone": {
    what: "the file was deleted or replaced while it was mapped",
    remedy: "restart the program after an upgrade",
  },
  permission: {
    what: "the sampler may not open the file",
    remedy: "run the sampler as the user of the program, or as root",
  },
  "io-error": {
    what: "the file could not be read",
    remedy: "restart the program after an upgrade; run the sampler as the user of the program, or as root",
  },
  "too-slow": {
    what: "reading the files of the process took too long",
    remedy: "profile it again: what was read is remembered",
  },
  hidden: {
    what: "the kernel hides its addresses",
    remedy: "sysctl kernel.kptr_restrict=0, or give the sampler CAP_SYSLOG",
  },
};

/** Where the remedy for code made at run time, module `[jit]`, is another. */
export const JIT_REMEDIES: Readonly<Record<string, Remedy>> = {
  "unknown-address": {
    what: "the program's perf map has no entry for these addresses",
    remedy: "start node with --interpreted-frames-native-stack too; other runtimes leave out their stubs",
  },
};
