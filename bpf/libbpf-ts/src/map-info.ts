import { check } from "./check.js";
import { littleEndian } from "./codec.js";
import { libbpf } from "./ffi.js";

/** What the kernel says of a map. */
export interface MapInfo {
  /** For example "hash"; "type 99" when this package has no word for it. */
  readonly type: string;
  /** In bytes; 0 for ring buffers. */
  readonly keySize: number;
  /** In bytes; of one CPU's value where there is one per CPU; 0 for ring buffers. */
  readonly valueSize: number;
  /** Entries; for a ring buffer its size in bytes. */
  readonly maxEntries: number;
  /** BPF_F_* flags of its creation. */
  readonly flags: number;
  /** At most 15 characters, as the kernel keeps it. */
  readonly name: string;
}

/** BPF_F_MMAPABLE, include/uapi/linux/bpf.h. */
export const BPF_F_MMAPABLE = 1 << 10;

// enum bpf_map_type, include/uapi/linux/bpf.h, from 0.
const types = (
  "unspecified hash array prog-array perf-event-array percpu-hash percpu-array stack-trace cgroup-array lru-hash " +
  "lru-percpu-hash lpm-trie array-of-maps hash-of-maps devmap sockmap cpumap xskmap sockhash cgroup-storage " +
  "reuseport-sockarray percpu-cgroup-storage queue stack sk-storage devmap-hash struct-ops ringbuf inode-storage " +
  "task-storage bloom-filter user-ringbuf cgrp-storage arena"
).split(" ");

/** What the kernel calls a type of map, or undefined when this package has no number for the word. */
export const mapTypeNumber = (name: string): number | undefined => {
  const number = types.indexOf(name);
  return number < 1 ? undefined : number;
};

export const mapTypeName = (type: number): string => types[type] ?? `type ${type}`;

/** Asks the kernel; needs no capability. */
export function readMapInfo(fd: number): MapInfo {
  // struct bpf_map_info, include/uapi/linux/bpf.h: type, id, key_size, value_size, max_entries, map_flags, name[16].
  const info = new Uint8Array(40);
  const length = new Uint8Array(Uint32Array.of(info.length).buffer);
  check("read map info", libbpf().bpf_obj_get_info_by_fd(fd, info, length));
  const field = (index: number): number => new DataView(info.buffer).getUint32(index * 4, littleEndian);
  return {
    type: mapTypeName(field(0)),
    keySize: field(2),
    valueSize: field(3),
    maxEntries: field(4),
    flags: field(5),
    name: kernelName(info.subarray(24, 40)),
  };
}

/** The text of a BPF_OBJ_NAME_LEN array. */
export const kernelName = (field: Uint8Array): string =>
  Buffer.from(field).toString("latin1").replace(/\0.*$/s, "");
