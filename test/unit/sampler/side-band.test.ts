import assert from "node:assert/strict";
import { test } from "node:test";
import type { Privileged } from "../../../bpf/sampler/privileged.js";
import { SideBand } from "../../../bpf/sampler/side-band.js";
import { monotonicNs } from "../../../bpf/sampler/side-band-record.js";

test("without the permission for records there is a note, and no failure", () => {
  const refused = { openSideBand: () => assert.fail("EACCES: needs CAP_PERFMON") } as unknown as Privileged;
  const sideBand = new SideBand(refused);
  assert.equal(sideBand.isOpen, false);
  const before = monotonicNs();
  const until = sideBand.drain(() => assert.fail("no records"));
  assert.ok(until >= before && until <= monotonicNs());
  assert.match(sideBand.notes().join(), /no records of new mappings and processes: EACCES/);
  sideBand.close();
});

test("records of all CPUs come in the order of time", () => {
  const exec = (timeNs: number, pid: number) => {
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 3, true); // PERF_RECORD_COMM
    view.setUint16(4, 1 << 13, true);
    view.setUint32(8, pid, true);
    view.setBigUint64(24, BigInt(timeNs), true);
    return bytes;
  };
  const waiting = [[exec(10, 1), exec(40, 2)], [exec(20, 3), exec(30, 4)], []];
  let next = 0;
  const sideBand = new SideBand({
    openSideBand: () => ({
      ring: () => {
        const records = waiting[next++] ?? [];
        return { drain: (read: (record: Uint8Array) => void) => records.splice(0).forEach(read) };
      },
      enable() {},
      close() {},
    }),
  } as unknown as Privileged);
  const taken: number[] = [];
  sideBand.drain(({ timeNs }) => taken.push(timeNs));
  assert.deepEqual(
    taken,
    [...taken].sort((a, b) => a - b),
  );
  assert.ok(taken.length >= 2);
  sideBand.close();
});
