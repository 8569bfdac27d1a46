import assert from "node:assert/strict";
import type { OpenFile } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";
import { CFA_RULE, RULE_BYTES } from "../../../bpf/unwind/layout.js";
import { loadUnwindTable } from "../../../bpf/unwind/table-loader.js";

/** What no input may take (of CPU: other processes make it wait, too), the building of the inputs and the runtime included. */
const MAX_MS = 1000;
/** Node.js 24 lets its young generation alone grow to some 200 MiB, which the sampler's flags do not. */
const MAX_BYTES = (Number.parseInt(process.versions.node, 10) < 24 ? 256 : 384) << 20;

let slowestMs = 0;
/** How many inputs gave a table, and how many a Reason. */
export const outcomes = { tables: 0, reasons: 0 };

/** Builds a table of a file and checks what the walk in BPF relies on; throws only if it does. */
export function exercise(file: OpenFile): void {
  const before = process.cpuUsage();
  const table = loadUnwindTable(file);
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

/** Checks the process's peak of memory, and prints what there was. */
export function checkPeak(): void {
  const peak = process.resourceUsage().maxRSS * 1024;
  const { tables, reasons } = outcomes;
  const mib = (peak / 2 ** 20).toFixed(0);
  console.log(`${tables} tables, ${reasons} reasons, slowest ${slowestMs.toFixed(1)} ms, peak ${mib} MiB`);
  assert.ok(peak < MAX_BYTES, `${peak} bytes`);
}
