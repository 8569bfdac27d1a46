import { readlinkSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type BpfObject, openObject, openPerfEvent, type PerfEvent } from "libbpf-ts";
import { ProcFileSource } from "../symbols/proc-file-source.js";
import type { Privileged } from "./privileged.js";

/** The object built by clang from bpf/programs/sampler.bpf.c, beside the compiled sources. */
export const SAMPLER_OBJECT = fileURLToPath(new URL("../programs/sampler.bpf.o", import.meta.url));

/** The privileged part done in this process, which must be root or hold CAP_BPF and CAP_PERFMON. */
export class InProcess extends ProcFileSource implements Privileged {
  loadSampler(ringBytes: number): BpfObject {
    const open = openObject(SAMPLER_OBJECT);
    try {
      open.map("samples").maxEntries = ringBytes;
      open.rodata("pid_namespace", pidNamespace());
      return open.load();
    } catch (error) {
      open.close();
      throw error;
    }
  }

  openTick(cpu: number, frequencyHz: number): PerfEvent {
    return openPerfEvent({ type: "cpu-clock", cpu, frequencyHz });
  }

  openSideBand(cpu: number): PerfEvent {
    return openPerfEvent({ type: "dummy", cpu, mmap: true, comm: true, task: true, timed: true });
  }
}

/** PROC_PID_INIT_INO, include/linux/proc_ns.h */
const INITIAL_PID_NAMESPACE = 0xeffffffc;

/** Inode of this process's PID namespace, or 0 in the initial one. */
function pidNamespace(): number {
  const inode = Number(/\[(\d+)\]/.exec(readlinkSync("/proc/self/ns/pid"))?.[1]);
  return inode === INITIAL_PID_NAMESPACE ? 0 : inode;
}
