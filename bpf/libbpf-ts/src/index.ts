export { adoptMap, adoptPerCpuMap, adoptPerfEvent, adoptProgram } from "./adopt.js";
export type { StructLayout, StructMember } from "./btf.js";
export { capabilities } from "./capabilities.js";
export { bytes, type Codec, type MapCodecs, u32, u64 } from "./codec.js";
export { onlineCpus, parseCpuList, possibleCpuCount } from "./cpu.js";
export { createMap, type MapOptions } from "./create-map.js";
export {
  BpfError,
  ClosedError,
  LibraryNotFoundError,
  PermissionError,
  UnsupportedError,
  VerifierError,
} from "./errors.js";
export type { Integer } from "./integer.js";
export { kernelRelease } from "./kernel.js";
export type { Link, PerfEventLink } from "./link.js";
export type { BpfMap, SetMode } from "./map.js";
export type { MapInfo } from "./map-info.js";
export type { MappedArray } from "./mapped-array.js";
export type { BpfObject } from "./object.js";
export { type OpenObject, openObject } from "./open-object.js";
export type { OpenMap, OpenProgram } from "./open-parts.js";
export type { PerCpuMap } from "./per-cpu-map.js";
export { type PerfEventOptions, type PerfEventType, perfEventTypes } from "./perf-attr.js";
export { openPerfEvent, type PerfEvent } from "./perf-event.js";
export type { PerfRing } from "./perf-ring.js";
export type { Program } from "./program.js";
export { RingBuffer } from "./ring-buffer.js";
export type { Variable } from "./variable.js";
export { libbpfVersion } from "./version.js";
