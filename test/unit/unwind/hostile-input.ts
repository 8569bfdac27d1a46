import assert from "node:assert/strict";
import type { OpenFile } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { CFA_RULE, RULE_BYTES } from "../../../bpf/unwind/layout.js";
import { loadUnwindTable } from "../../../bpf/unwind/table-loader.js";
import { withPeak } from "../../helpers/peak-memory.js";

/** What no input may take: of CPU, since other processes make it wait, too; and of memory beyond what there was before. */
const MAX_MS = 1000;
const MAX_BYTES = 256 << 20;

let slowestMs = 0;
let mostBytes = 0;
/** How many inputs gave a table, and how many a Reason. */
export const outcomes = { tables: 0, reasons: 0 };

/** Builds a table of a file and checks what the walk in BPF relies on; throws only if it does. */
export function exercise(file: OpenFile): void {
  const before = process.cpuUsage();
  const { result: table, peakBytes } = withPeak(() => loadUnwindTable(file));
  mostBytes = Math.max(mostBytes, peakBytes);
  const { user, system } = process.cpuUsage(before);
  const took = (user + system) / 1000;
  slowestMs = Math.max(slowestMs, took);
  assert.ok(took < MAX_MS, `${took} ms of CPU`);
  if (isReason(table)) {
    outcomes.reasons++;
    return;
  }
  outcomes.tables++;
  const { rows, index, rules } = table;
  const count = rows.length / 2;
  assert.ok(count >= 1 && index.length >= 1 && table.firstBucket >= 0);
  for (const entry of index) assert.ok((entry & 0xff_ffff) + (entry >>> 24) < count);
  for (let row = 0; row < count; row++) {
    if (((rows[row * 2] >>> 8) & 0xff) !== CFA_RULE) continue;
    assert.ok((rows[row * 2 + 1] & 0xffff) < rules.length / RULE_BYTES);
  }
}

/** Checks the memory of the input that took most, and prints what there was. */
export function checkPeak(): void {
  const { tables, reasons } = outcomes;
  const mib = (mostBytes / 2 ** 20).toFixed(0);
  console.log(
    `${tables} tables, ${reasons} reasons, slowest ${slowestMs.toFixed(1)} ms, at most ${mib} MiB more`,
  );
  assert.ok(mostBytes < MAX_BYTES, `${mostBytes} bytes`);
}
