import { crc32 } from "node:zlib";
import { POSITION_MASK, ROW_BYTES, RULE_BYTES } from "./layout.js";
import type { UnwindTable } from "./unwind-table.js";

/** Raised with every change of what a table contains: files of another version are rebuilt. */
export const TABLE_VERSION = 13;

const MAGIC = 0x54_57_4e_55; // "UNWT"
/** magic, version, checksum of all that follows, key bytes, rows, buckets, rules, functions, unsupported, first bucket. */
const HEADER_WORDS = 12;
const HEADER_BYTES = HEADER_WORDS * 4;
const CHECKED_FROM = 12;
const MAX_COUNT = 1 << 26;

/** Writes a table with the key that it belongs to, as bytes that {@link decodeTable} reads. */
export function encodeTable(key: string, table: UnwindTable): Uint8Array {
  const keyBytes = Buffer.from(key);
  const rowsAt = HEADER_BYTES + align8(keyBytes.length);
  const rulesAt = rowsAt + table.rows.byteLength;
  const indexAt = rulesAt + table.rules.byteLength;
  const bytes = new Uint8Array(indexAt + table.index.byteLength);
  const header = new Uint32Array(bytes.buffer, 0, HEADER_WORDS);
  header.set([
    MAGIC,
    TABLE_VERSION,
    0,
    keyBytes.length,
    table.rows.length / 2,
    table.index.length,
    table.rules.length / RULE_BYTES,
    table.functions,
    table.unsupportedRows,
    table.firstBucket % 2 ** 32,
    Math.floor(table.firstBucket / 2 ** 32),
  ]);
  bytes.set(keyBytes, HEADER_BYTES);
  bytes.set(asBytes(table.rows), rowsAt);
  bytes.set(table.rules, rulesAt);
  bytes.set(asBytes(table.index), indexAt);
  header[2] = crc32(bytes.subarray(CHECKED_FROM));
  return bytes;
}

/**
 * Reads a table back; `undefined` for one of another key or version, and for any damage.
 *
 * `bytes` begins its own buffer, and the table is a view of it.
 */
export function decodeTable(key: string, bytes: Uint8Array): UnwindTable | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length % 4 !== 0) return undefined;
  const header = new Uint32Array(bytes.buffer, bytes.byteOffset, HEADER_WORDS);
  if (header[0] !== MAGIC || header[1] !== TABLE_VERSION) return undefined;
  if (header[2] !== crc32(bytes.subarray(CHECKED_FROM))) return undefined;
  const [keyLength, rowCount, buckets, ruleCount] = header.subarray(3, 7);
  if ([keyLength, rowCount, buckets, ruleCount].some((count) => count > MAX_COUNT)) return undefined;
  const rowsAt = HEADER_BYTES + align8(keyLength);
  const rulesAt = rowsAt + rowCount * ROW_BYTES;
  const indexAt = rulesAt + ruleCount * RULE_BYTES;
  if (indexAt + buckets * 4 !== bytes.length) return undefined;
  if (Buffer.from(bytes.buffer, bytes.byteOffset + HEADER_BYTES, keyLength).toString() !== key)
    return undefined;
  const table: UnwindTable = {
    rows: new Uint32Array(bytes.buffer, bytes.byteOffset + rowsAt, rowCount * 2),
    index: new Uint32Array(bytes.buffer, bytes.byteOffset + indexAt, buckets),
    rules: bytes.subarray(rulesAt, indexAt),
    firstBucket: header[9] + header[10] * 2 ** 32,
    functions: header[7],
    unsupportedRows: header[8],
  };
  return isWithin(table) ? table : undefined;
}

/** Whether every index entry leads to rows that are there. */
function isWithin({ rows, index }: UnwindTable): boolean {
  const count = rows.length / 2;
  for (let i = 0; i < index.length; i++) {
    if ((index[i] & POSITION_MASK) + (index[i] >>> 24) >= count) return false;
  }
  return true;
}

function asBytes(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

function align8(size: number): number {
  return (size + 7) & ~7;
}
