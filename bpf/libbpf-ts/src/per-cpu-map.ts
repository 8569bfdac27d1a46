import type { Codec } from "./codec.js";
import { BpfMap } from "./map.js";

/** A BPF map with one value per key and CPU: a value is an array with one entry for each possible CPU. */
export class PerCpuMap<K = Uint8Array, V = Uint8Array> extends BpfMap<K, V[]> {}

/** The kernel copies each CPU's value at a multiple of 8 bytes (bpf_map_value_size, kernel/bpf/syscall.c). */
export function eachCpu<V>(codec: Codec<V>, cpus: number): Codec<V[]> {
  const stride = Math.ceil(codec.size / 8) * 8;
  const at = (view: DataView, cpu: number): DataView =>
    new DataView(view.buffer, view.byteOffset + cpu * stride, codec.size);
  return {
    size: stride * cpus,
    read: (view) => Array.from({ length: cpus }, (_, cpu) => codec.read(at(view, cpu))),
    write(view, values) {
      if (values.length !== cpus)
        throw new RangeError(`${cpus} CPUs need as many values, not ${values.length}`);
      values.forEach((value, cpu) => {
        codec.write(at(view, cpu), value);
      });
    },
  };
}
