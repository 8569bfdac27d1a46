import { closeSync, openSync, readlinkSync, readSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type BpfMap,
  type BpfObject,
  createMap,
  type MappedArray,
  type OpenObject,
  openObject,
  openPerfEvent,
  type PerfEvent,
  u32,
} from "libbpf-ts";
import { ProcFileSource } from "../symbols/proc-file-source.js";
import { livingThread } from "../symbols/proc-maps.js";
import { CHUNK_WORDS } from "./arena-spans.js";
import type { Privileged } from "./privileged.js";
import type { UnwindMaps } from "./unwind-maps.js";

/** The object built by clang from bpf/programs/sampler.bpf.c, beside the compiled sources. */
export const SAMPLER_OBJECT = fileURLToPath(new URL("../programs/sampler.bpf.o", import.meta.url));

/** The privileged part done in this process, which must be root or hold CAP_BPF and CAP_PERFMON. */
export class InProcess extends ProcFileSource implements Privileged {
  makeUnwindMaps(): ObjectUnwindMaps {
    const open = openObject(SAMPLER_OBJECT);
    try {
      for (const name of open.programNames) open.program(name).autoload = false;
      open.map("samples").maxEntries = SMALLEST_RING_BYTES;
      return new ObjectUnwindMaps(open.load());
    } catch (error) {
      open.close();
      throw error;
    }
  }

  loadSampler(ringBytes: number, unwindMaps: UnwindMaps): BpfObject {
    const open = openObject(SAMPLER_OBJECT);
    try {
      if (unwindMaps instanceof ObjectUnwindMaps) unwindMaps.share(open);
      open.map("samples").maxEntries = ringBytes;
      open.rodata("pid_namespace", pidNamespace());
      return open.load();
    } catch (error) {
      open.close();
      throw error;
    }
  }

  readMemory(pid: number, address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let fd: number | undefined;
    try {
      fd = openSync(`/proc/${livingThread(pid)}/mem`, "r");
      return bytes.subarray(0, readSync(fd, bytes, 0, length, address));
    } catch {
      return bytes.subarray(0, 0);
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  openTick(cpu: number, frequencyHz: number): PerfEvent {
    return openPerfEvent({ type: "cpu-clock", cpu, frequencyHz });
  }

  openSideBand(cpu: number): PerfEvent {
    return openPerfEvent({ type: "dummy", cpu, mmap: true, comm: true, task: true, timed: true });
  }
}

/** The maps of an object of which no program is loaded. */
class ObjectUnwindMaps implements UnwindMaps {
  readonly processes: BpfMap<number, Uint8Array>;
  readonly #arena: BpfMap<number, number>;
  readonly #chunks: BpfMap[] = [];

  constructor(private readonly object: BpfObject) {
    this.processes = object.map("unwind_processes", { key: u32 });
    this.#arena = object.map("unwind_arena", { key: u32, value: u32 });
  }

  addChunk(number: number): MappedArray {
    const chunk = createMap({ ...CHUNK, name: `unwind_chunk_${number}` });
    this.#chunks.push(chunk);
    this.#arena.set(number, chunk.fd);
    return chunk.mmap();
  }

  share(open: OpenObject): void {
    open.map("unwind_processes").reuse(this.processes);
    open.map("unwind_arena").reuse(this.#arena);
  }

  close(): void {
    for (const chunk of this.#chunks) chunk.close();
    this.object.close();
  }
}

/** struct unwind_chunk_map of bpf/programs/user_stack.h. */
const CHUNK = {
  type: "array",
  keySize: 4,
  valueSize: CHUNK_WORDS * 8,
  maxEntries: 1,
  flags: 1 << 10, // BPF_F_MMAPABLE
};
const SMALLEST_RING_BYTES = 4096;

/** PROC_PID_INIT_INO, include/linux/proc_ns.h */
const INITIAL_PID_NAMESPACE = 0xeffffffc;

/** Inode of this process's PID namespace, or 0 in the initial one. */
function pidNamespace(): number {
  const inode = Number(/\[(\d+)\]/.exec(readlinkSync("/proc/self/ns/pid"))?.[1]);
  return inode === INITIAL_PID_NAMESPACE ? 0 : inode;
}
