import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeSideBand } from "../../../bpf/sampler/side-band-record.js";

const TIME_NS = 123_456_789_000;

/** A record as the kernel writes it: header, body, time. */
function record(type: number, misc: number, body: (view: DataView) => void, bodyBytes: number, text = "") {
  const padded = Math.ceil((text.length + 1) / 8) * 8;
  const size = 8 + bodyBytes + (text === "" ? 0 : padded) + 8;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, true);
  view.setUint16(4, misc, true);
  view.setUint16(6, size, true);
  body(new DataView(bytes.buffer, 8));
  Buffer.from(text).copy(bytes, 8 + bodyBytes);
  view.setBigUint64(size - 8, BigInt(TIME_NS), true);
  return bytes;
}

const ids = (view: DataView, ...numbers: number[]) => {
  for (const [i, number] of numbers.entries()) view.setUint32(i * 4, number, true);
};

function mmap2(path: string, misc = 0) {
  return record(
    10,
    misc,
    (view) => {
      ids(view, 40, 41);
      view.setBigUint64(8, 0x7f00_0000_1000n, true);
      view.setBigUint64(16, 0x2000n, true);
      view.setBigUint64(24, 0x3000n, true);
      if (misc & (1 << 14)) {
        view.setUint8(32, 4);
        view.setUint32(36, 0xefbeadde, true);
      } else {
        ids(new DataView(view.buffer, view.byteOffset + 32), 0xfe, 1);
        view.setBigUint64(40, 77n, true);
      }
    },
    64,
    path,
  );
}

test("a mapping comes with its file's device and inode, or with its build id", () => {
  const mapping = {
    start: 0x7f00_0000_1000,
    end: 0x7f00_0000_3000,
    fileOffset: 0x3000,
    path: "/lib/a file.so",
    inode: 77n,
    device: "fe:01",
    executable: true,
  };
  assert.deepEqual(decodeSideBand(mmap2("/lib/a file.so")), {
    type: "map",
    timeNs: TIME_NS,
    pid: 40,
    mapping,
  });
  assert.deepEqual(decodeSideBand(mmap2("/lib/a file.so", 1 << 14)), {
    type: "map",
    timeNs: TIME_NS,
    pid: 40,
    mapping: { ...mapping, inode: 0n, device: "" },
    buildId: "deadbeef",
  });
  assert.equal(decodeSideBand(mmap2("/lib/data", 1 << 13)), undefined, "not executable");
});

test("memory without a file has no path and no offset", () => {
  const anonymous = decodeSideBand(mmap2("//anon"));
  assert.ok(anonymous?.type === "map");
  assert.deepEqual([anonymous.mapping.path, anonymous.mapping.fileOffset], ["", 0]);
});

test("execve is told from other names, processes from threads, and who is not ours is left out", () => {
  const comm = (misc: number, pid = 40) => record(3, misc, (view) => ids(view, pid, pid), 8, "sh");
  assert.deepEqual(decodeSideBand(comm(1 << 13)), { type: "exec", timeNs: TIME_NS, pid: 40, comm: "sh" });
  assert.equal(decodeSideBand(comm(0)), undefined);
  assert.equal(decodeSideBand(comm(1 << 13, 0)), undefined);
  assert.equal(decodeSideBand(comm(1 << 13, 0xffff_ffff)), undefined);
  const task = (type: number, ...numbers: number[]) => record(type, 0, (view) => ids(view, ...numbers), 24);
  // pid, ppid, tid, ptid
  const fork = { type: "fork", timeNs: TIME_NS, pid: 41, parentPid: 40 };
  assert.deepEqual(decodeSideBand(task(7, 41, 40, 41, 40)), fork);
  assert.equal(decodeSideBand(task(7, 40, 40, 42, 40)), undefined);
  assert.deepEqual(decodeSideBand(task(4, 40, 1, 40, 1)), { type: "exit", timeNs: TIME_NS, pid: 40 });
  assert.equal(decodeSideBand(task(4, 40, 1, 42, 1)), undefined);
});

test("lost records say how many", () => {
  const lost = record(2, 0, (view) => view.setBigUint64(8, 12n, true), 16);
  assert.deepEqual(decodeSideBand(lost), { type: "lost", timeNs: TIME_NS, count: 12 });
});

test("records cut short, and of unknown types, are none", () => {
  const types = [0, 1, 2, 3, 4, 7, 10, 14, 99];
  for (const type of types) {
    for (let size = 0; size < 90; size++) {
      const bytes = new Uint8Array(size).fill(0xff);
      if (size >= 8) new DataView(bytes.buffer).setUint32(0, type, true);
      assert.doesNotThrow(() => decodeSideBand(bytes));
    }
  }
  assert.equal(decodeSideBand(new Uint8Array(7)), undefined);
});
