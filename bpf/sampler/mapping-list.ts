import { isAnonymous, type Mapping } from "../symbols/maps.js";
import { VDSO } from "../symbols/vdso.js";
import {
  BUCKET_SHIFT,
  MAPPING,
  MAPPING_ANONYMOUS,
  MAPPING_BYTES,
  MAPPING_NO_TABLE,
  MAPPING_OVER_BUDGET,
  MAPPING_PENDING,
  MAPPING_PYTHON,
  MAPPING_TABLE,
  MAPPING_TABLE_AT_LEAF,
} from "../unwind/layout.js";
import { MAX_MAPPINGS } from "./process-image.js";
import type { CodeSegment } from "./table-request.js";
import type { TableEntry } from "./unwind-tables.js";

/** The first address above those of 32-bit processes. */
const COMPATIBLE_END = 0x1_0000_0000;
const CPYTHON = /\/(lib)?python\d[^/]*$/;

/** A mapping with how to unwind what lies in it. */
export interface UnwindMapping {
  mapping: Mapping;
  kind: number;
  entry: TableEntry | undefined;
  /** What is taken from an absolute address for one that the table's index counts from. */
  bias: number;
}

/** Says for each executable mapping how to unwind; `want` gives the table for one that has a file. */
export function unwindMappings(
  mappings: Iterable<Mapping>,
  want: (mapping: Mapping) => TableEntry | undefined,
): UnwindMapping[] {
  const all = [...mappings].slice(0, MAX_MAPPINGS);
  const isPython = all.some(({ path }) => CPYTHON.test(path));
  const list = all.flatMap((mapping) => {
    const none = { mapping, entry: undefined, bias: 0 };
    if (isAnonymous(mapping)) return { ...none, kind: isPython ? MAPPING_PYTHON : MAPPING_ANONYMOUS };
    // A 32-bit process has another vdso than ours.
    const hasImage = mapping.path === VDSO ? mapping.end > COMPATIBLE_END : mapping.inode !== 0n;
    const entry = hasImage ? want(mapping) : undefined;
    if (entry === undefined || entry.state === "none") return { ...none, kind: MAPPING_NO_TABLE };
    if (entry.state === "building") return { ...none, entry, kind: MAPPING_PENDING };
    if (entry.state === "over-budget") return { ...none, entry, kind: MAPPING_OVER_BUDGET };
    const segment = segmentOf(entry.code, mapping);
    if (segment === undefined || entry.table === undefined) return { ...none, kind: MAPPING_NO_TABLE };
    const loadBias = mapping.start - mapping.fileOffset - segment.delta;
    const bias = loadBias + entry.table.firstBucket * 2 ** BUCKET_SHIFT;
    const parts: UnwindMapping[] = [];
    let at = mapping.start;
    const add = (kind: number, to: number) => {
      const part = cut(mapping, at, to);
      if (part.start < part.end) parts.push({ mapping: part, entry, kind, bias });
      at = Math.max(at, part.end);
    };
    for (const { start, end } of entry.goCode) {
      add(MAPPING_TABLE, start + loadBias);
      add(MAPPING_TABLE_AT_LEAF, end + loadBias);
    }
    add(MAPPING_TABLE, mapping.end);
    return parts;
  });
  return list.slice(0, MAX_MAPPINGS);
}

/** The part of a mapping between two addresses. */
function cut(mapping: Mapping, from: number, to: number): Mapping {
  const start = Math.max(mapping.start, from);
  const end = Math.min(mapping.end, to);
  return { ...mapping, start, end, fileOffset: mapping.fileOffset + start - mapping.start };
}

/** The executable segment that most of a mapping comes from; it begins in the middle of a page, a mapping does not. */
function segmentOf(code: readonly CodeSegment[], mapping: Mapping): CodeSegment | undefined {
  let best: CodeSegment | undefined;
  let bestBytes = 0;
  const end = mapping.fileOffset + mapping.end - mapping.start;
  for (const segment of code) {
    const bytes = Math.min(end, segment.offset + segment.size) - Math.max(mapping.fileOffset, segment.offset);
    if (bytes <= bestBytes) continue;
    best = segment;
    bestBytes = bytes;
  }
  return best;
}

/** An array of `struct unwind_mapping`. */
export function encodeMappings(list: readonly UnwindMapping[]): Uint32Array {
  const words = new Uint32Array((list.length * MAPPING_BYTES) / 4);
  const view = new DataView(words.buffer);
  for (const [i, { mapping, kind, entry, bias }] of list.entries()) {
    const at = i * MAPPING_BYTES;
    view.setBigUint64(at + MAPPING.start, BigInt(mapping.start), true);
    view.setBigUint64(at + MAPPING.end, BigInt(mapping.end), true);
    view.setBigUint64(at + MAPPING.bias, BigInt.asUintN(64, BigInt(bias)), true);
    view.setUint32(at + MAPPING.index, entry?.placed?.index ?? 0, true);
    view.setUint32(at + MAPPING.buckets, entry?.placed?.buckets ?? 0, true);
    view.setUint32(at + MAPPING.rules, entry?.placed?.rules ?? 0, true);
    view.setUint32(at + MAPPING.kind, kind, true);
  }
  return words;
}
