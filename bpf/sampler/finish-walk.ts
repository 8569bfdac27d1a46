import type { AbsoluteAddress } from "../symbols/address.js";
import {
  BUCKET_SHIFT,
  MAPPING_ANONYMOUS,
  MAPPING_NO_TABLE,
  MAPPING_OVER_BUDGET,
  MAPPING_PENDING,
  MAPPING_PYTHON,
  MAPPING_TABLE,
  MAPPING_TABLE_AT_LEAF,
  NOT_RETURN_HIGH,
  RSP,
  type WalkEnd,
} from "../unwind/layout.js";
import { walk } from "../unwind/walk.js";
import type { WalkMapping } from "../unwind/walk-frame.js";
import { MAX_FRAMES } from "./layout.js";
import type { UnwindMapping } from "./mapping-list.js";
import type { PendingSample } from "./pending-sample.js";

const KINDS: Record<number, WalkMapping["kind"]> = {
  [MAPPING_TABLE]: "table",
  [MAPPING_NO_TABLE]: "no-table",
  [MAPPING_ANONYMOUS]: "anonymous",
  [MAPPING_PYTHON]: "python",
  [MAPPING_PENDING]: "pending",
  [MAPPING_OVER_BUDGET]: "over-budget",
  [MAPPING_TABLE_AT_LEAF]: "table-at-leaf",
};

/** How to unwind a process's code in user space, by address. */
export class WalkMappings {
  readonly #list: readonly UnwindMapping[];
  readonly #found: (WalkMapping | undefined)[];

  /** @param list ordered by address; `readCode` reads the code of a mapping of it */
  constructor(
    list: readonly UnwindMapping[],
    private readonly readCode: (mapping: UnwindMapping, address: number, length: number) => Uint8Array,
  ) {
    this.#list = list;
    this.#found = new Array(list.length);
  }

  find(address: AbsoluteAddress): WalkMapping | undefined {
    let from = 0;
    for (let to = this.#list.length; from < to; ) {
      const middle = (from + to) >>> 1;
      if (this.#list[middle].mapping.end > address) to = middle;
      else from = middle + 1;
    }
    const found = this.#list[from];
    if (found === undefined || found.mapping.start > address) return undefined;
    this.#found[from] ??= this.#convert(found);
    return this.#found[from];
  }

  #convert(found: UnwindMapping): WalkMapping {
    const { table } = found.entry ?? {};
    return {
      kind: KINDS[found.kind],
      table,
      // The index counts from its first bucket, the walk here from the file's address 0.
      bias: found.bias - (table?.firstBucket ?? 0) * 2 ** BUCKET_SHIFT,
      readCode: (address, length) => this.readCode(found, address, length),
    };
  }
}

/**
 * Walks a sample's stack on from where the walk in BPF stopped.
 *
 * @param soFar low and high words of the addresses that it found, the last one's frame being where it stopped
 */
export function finishWalk(
  sample: PendingSample,
  soFar: Uint32Array,
  mappings: WalkMappings,
): { addresses: BigUint64Array; end: WalkEnd } {
  const known = Math.max(soFar.length / 2 - 1, 0);
  const { addresses, notReturn, end } = walk(
    {
      registers: sample.registers,
      flags: sample.flags,
      stackStart: Number(sample.registers[RSP]),
      stack: sample.stackCopy,
    },
    (address) => mappings.find(address),
    MAX_FRAMES - known,
  );
  const all = new BigUint64Array(known + addresses.length);
  for (let i = 0; i < known; i++) all[i] = (BigInt(soFar[2 * i + 1]) << 32n) | BigInt(soFar[2 * i]);
  for (const [i, address] of addresses.entries()) all[known + i] = BigInt(address);
  for (const i of notReturn) all[known + i] |= BigInt(NOT_RETURN_HIGH) << 32n;
  return { addresses: all, end };
}
