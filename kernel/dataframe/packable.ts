import { packed, packedTimes } from "./packed.js";
import type { ProfileData } from "./profile-data.js";

type Samples = ProfileData["samples"];
type Wide = Float64Array | Int32Array;

/** A column of samples as it is, until it is packed. */
class PackableColumn {
  #wide: Wide | undefined;
  #packed: (() => Wide) | undefined;

  constructor(wide: Wide) {
    this.#wide = wide;
  }

  get values(): Wide {
    return this.#wide ?? this.#packed!();
  }

  pack(how: (wide: never) => () => Wide): void {
    if (!this.#wide) return;
    this.#packed = how(this.#wide as never);
    this.#wide = undefined;
  }
}

/** Of samples that are not packed yet, the columns. */
const packables = new WeakMap<Samples, Map<string, PackableColumn>>();

/** The same profile, whose samples {@link packSamples} can pack; columns that are packed already stay as they are. */
export function packable(data: ProfileData): ProfileData {
  const columns = new Map<string, PackableColumn>();
  const samples = {} as Samples;
  for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(data.samples))) {
    if (descriptor.get || !descriptor.value) {
      Object.defineProperty(samples, name, descriptor);
      continue;
    }
    const column = new PackableColumn(descriptor.value);
    columns.set(name, column);
    Object.defineProperty(samples, name, { enumerable: true, get: () => column.values });
  }
  if (columns.size === 0) return data;
  packables.set(samples, columns);
  return { ...data, samples };
}

/** Packs what of these samples is not packed. */
export function packSamples(samples: Samples): void {
  const columns = packables.get(samples);
  if (!columns) return;
  for (const [name, column] of columns) column.pack(name === "atMs" ? packedTimes : packed);
  packables.delete(samples);
}
