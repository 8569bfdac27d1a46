import { check } from "./check.js";
import type { MapCodecs } from "./codec.js";
import { libbpf } from "./ffi.js";
import { makeMap, makePerCpuMap } from "./make-map.js";
import type { BpfMap } from "./map.js";
import { kernelName } from "./map-info.js";
import type { PerCpuMap } from "./per-cpu-map.js";
import { PerfEvent } from "./perf-event.js";
import { Program } from "./program.js";

// A process without capabilities can use descriptors that another process opened and passed on; these make of a
// descriptor what an object would have made. The result's close() closes the descriptor; after a failure the caller
// still has it.

/** Takes over the descriptor of a map that has one value per key, a ring buffer's too. */
export const adoptMap = <K = Uint8Array, V = Uint8Array>(
  fd: number,
  codecs: MapCodecs<K, V> = {},
): BpfMap<K, V> => makeMap(fd, codecs);

/** Takes over the descriptor of a map that has one value per key and CPU. */
export const adoptPerCpuMap = <K = Uint8Array, V = Uint8Array>(
  fd: number,
  codecs: MapCodecs<K, V> = {},
): PerCpuMap<K, V> => makePerCpuMap(fd, codecs);

/** Takes over the descriptor of a program; its name is what the kernel kept, at most 15 characters. */
export function adoptProgram(fd: number): Program {
  // struct bpf_prog_info, include/uapi/linux/bpf.h: name at 64.
  const info = new Uint8Array(80);
  const length = new Uint8Array(Uint32Array.of(info.length).buffer);
  check("read program info", libbpf().bpf_obj_get_info_by_fd(fd, info, length));
  return new Program(kernelName(info.subarray(64, 80)), fd);
}

/** Takes over the descriptor of a perf event. */
export const adoptPerfEvent = (fd: number): PerfEvent => new PerfEvent(`perf event ${fd}`, fd);
