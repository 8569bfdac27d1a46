import { bytes, type Codec, checkSize, type MapCodecs } from "./codec.js";
import { possibleCpuCount } from "./cpu.js";
import { BpfMap } from "./map.js";
import { readMapInfo } from "./map-info.js";
import { eachCpu, PerCpuMap } from "./per-cpu-map.js";
import type { Resource } from "./resource.js";

/** Makes a map of a descriptor; without a name it has the kernel's. */
export function makeMap<K, V>(
  fd: number,
  codecs: MapCodecs<K, V>,
  name?: string,
  lender?: Resource,
): BpfMap<K, V> {
  const { info, title, key, value } = prepare(fd, codecs, name);
  if (info.type.includes("percpu")) throw new TypeError(`${title} is a ${info.type}: use perCpuMap()`);
  return new BpfMap(title, fd, info, key, value, lender);
}

/** Makes a per-CPU map of a descriptor; without a name it has the kernel's. */
export function makePerCpuMap<K, V>(
  fd: number,
  codecs: MapCodecs<K, V>,
  name?: string,
  lender?: Resource,
): PerCpuMap<K, V> {
  const { info, title, key, value } = prepare(fd, codecs, name);
  if (!info.type.includes("percpu")) throw new TypeError(`${title} is a ${info.type}: use map()`);
  return new PerCpuMap(title, fd, info, key, eachCpu(value, possibleCpuCount()), lender);
}

function prepare<K, V>(fd: number, codecs: MapCodecs<K, V>, name: string | undefined) {
  const info = readMapInfo(fd);
  const title = `map "${name ?? info.name}"`;
  // A codec that is left out stands for a K or V of Uint8Array: the callers' type parameters default to it.
  const key = codecs.key ?? (bytes(info.keySize) as Codec<unknown> as Codec<K>);
  const value = codecs.value ?? (bytes(info.valueSize) as Codec<unknown> as Codec<V>);
  checkSize(title, "key", info.keySize, key.size);
  checkSize(title, "value", info.valueSize, value.size);
  return { info, title, key, value };
}
