import { closeSync } from "node:fs";
import { check } from "./check.js";
import { littleEndian, type MapCodecs } from "./codec.js";
import { libbpf } from "./ffi.js";
import { makeMap } from "./make-map.js";
import type { BpfMap } from "./map.js";
import { mapTypeNumber } from "./map-info.js";

/** What a map is to be, without an object that declares it. */
export interface MapOptions {
  /** One value per key: "hash", "array", … as MapInfo.type has it. */
  type: string;
  /** In bytes. */
  keySize: number;
  /** In bytes. */
  valueSize: number;
  maxEntries: number;
  /** BPF_F_* flags; none by default. */
  flags?: number;
  /** What the kernel calls it: at most 15 letters, digits, `_` and `.`. */
  name?: string;
}

/**
 * Creates a map. It lives until close() and as long as something in the kernel uses it, an array of maps too.
 *
 * @throws {RangeError} for a type that this package does not know
 * @throws {PermissionError} without CAP_BPF
 */
export function createMap<K = Uint8Array, V = Uint8Array>(
  { type, keySize, valueSize, maxEntries, flags = 0, name = "" }: MapOptions,
  codecs: MapCodecs<K, V> = {},
): BpfMap<K, V> {
  const number = mapTypeNumber(type);
  if (number === undefined) throw new RangeError(`"${type}" is no type of map`);
  // struct bpf_map_create_opts, bpf/bpf.h: sz at 0, map_flags at 28.
  const options = new Uint8Array(48);
  const view = new DataView(options.buffer);
  view.setBigUint64(0, BigInt(options.length), littleEndian);
  view.setUint32(28, flags, littleEndian);
  const fd = check(
    `create map "${name}"`,
    libbpf().bpf_map_create(number, name, keySize, valueSize, maxEntries, options),
    { needs: ["CAP_BPF"] },
  );
  try {
    return makeMap(fd, codecs, name === "" ? undefined : name);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
