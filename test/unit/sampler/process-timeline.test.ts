import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Pace } from "../../../bpf/sampler/pace.js";
import type { ProcessImage } from "../../../bpf/sampler/process-image.js";
import { ProcessTimeline } from "../../../bpf/sampler/process-timeline.js";
import type { Mapping } from "../../../bpf/symbols/maps.js";

const nowNs = () => Number(process.hrtime.bigint());

let maps: Map<number, string>;
let reads: number[];
let exits: ProcessImage[];
let timeline: ProcessTimeline;
/** The clock of what is costly, and how long it takes to read mappings by it. */
let clockMs = 0;
let readingMs = 0;
beforeEach(() => {
  readingMs = 0;
  maps = new Map();
  reads = [];
  exits = [];
  timeline = new ProcessTimeline(
    {
      readMaps(pid) {
        reads.push(pid);
        clockMs += readingMs;
        return maps.get(pid);
      },
    },
    { onMapping() {}, onImage() {}, onExit: (image) => exits.push(image) },
    new Pace(
      () => clockMs,
      () => clockMs,
    ),
  );
});

const line = (start: number, end: number, path: string, inode = 5, offset = 0) =>
  `${start.toString(16)}-${end.toString(16)} r-xp ${offset.toString(16).padStart(8, "0")} fe:00 ${inode} ${path}\n`;

function mapping(start: number, end: number, path: string, inode = 5n, fileOffset = 0): Mapping {
  return { start, end, fileOffset, path, inode, device: "fe:00", executable: true };
}

const map = (pid: number, timeNs: number, what: Mapping) =>
  timeline.take({ type: "map", pid, timeNs, mapping: what });
const pathAt = (pid: number, timeNs: number, address: number) =>
  timeline.at(pid, timeNs).mappings.find(address)?.path;

test("mappings are read when a process is first sampled, once, and records add to them", () => {
  maps.set(7, line(0x1000, 0x2000, "/bin/a"));
  const image = timeline.at(7, nowNs());
  assert.equal(image.mappings.size, 0);
  timeline.readNew();
  timeline.at(7, nowNs());
  timeline.readNew();
  assert.deepEqual(reads, [7]);
  assert.equal(pathAt(7, nowNs(), 0x1800), "/bin/a");
  map(7, nowNs(), mapping(0x8000, 0x9000, "/lib/b"));
  assert.equal(timeline.at(7, nowNs()), image, "nothing changed its meaning");
  assert.equal(pathAt(7, nowNs(), 0x8800), "/lib/b");
});

test("a record from before the mappings were read says nothing new", () => {
  maps.set(7, line(0x1000, 0x2000, "/bin/a"));
  const early = nowNs();
  const image = timeline.open(7);
  map(7, early, mapping(0x1000, 0x2000, "/bin/old"));
  assert.equal(timeline.at(7, nowNs()), image);
  assert.equal(pathAt(7, nowNs(), 0x1800), "/bin/a");
});

test("execve begins another image, whose mappings are the records alone", () => {
  maps.set(7, line(0x1000, 0x2000, "/bin/a"));
  timeline.open(7);
  const before = nowNs();
  const execNs = before + 1000;
  timeline.take({ type: "exec", pid: 7, timeNs: execNs, comm: "b" });
  map(7, execNs + 1, mapping(0x1000, 0x2000, "/bin/b"));
  assert.equal(pathAt(7, before, 0x1800), "/bin/a");
  assert.equal(pathAt(7, execNs + 2, 0x1800), "/bin/b");
  timeline.readNew();
  assert.deepEqual(reads, [7], "nothing is missing that would have to be read");
});

test("what was read after an execve that is told of later belongs to the new image", () => {
  const first = nowNs();
  timeline.at(7, first);
  const execNs = nowNs();
  maps.set(7, line(0x1000, 0x2000, "/bin/b"));
  timeline.readNew();
  timeline.take({ type: "exec", pid: 7, timeNs: execNs, comm: "b" });
  assert.equal(pathAt(7, first, 0x1800), undefined, "of the first program nothing is known");
  assert.equal(pathAt(7, nowNs(), 0x1800), "/bin/b");
});

test("a forked child has its parent's mappings, and both go their own ways", () => {
  maps.set(7, line(0x1000, 0x2000, "/bin/a"));
  timeline.open(7);
  const forkNs = nowNs();
  timeline.take({ type: "fork", pid: 8, parentPid: 7, timeNs: forkNs });
  map(8, forkNs + 1, mapping(0x5000, 0x6000, "/lib/child"));
  map(7, forkNs + 1, mapping(0x5000, 0x6000, "/lib/parent"));
  assert.equal(pathAt(8, forkNs + 2, 0x1800), "/bin/a");
  assert.equal(pathAt(8, forkNs + 2, 0x5800), "/lib/child");
  assert.equal(pathAt(7, forkNs + 2, 0x5800), "/lib/parent");
  assert.deepEqual(reads, [7]);
});

test("other code in the same place is another image; the same code again is not", () => {
  maps.set(7, line(0x1000, 0x3000, "/lib/a", 5, 0x1000) + line(0x9000, 0xa000, "", 0));
  const image = timeline.open(7);
  const t = nowNs();
  map(7, t, mapping(0x2000, 0x3000, "/lib/a", 5n, 0x2000));
  map(7, t, mapping(0x9000, 0x9800, "", 0n));
  assert.equal(timeline.latest(7), image);
  map(7, t + 10, mapping(0x1000, 0x3000, "/lib/other", 6n));
  assert.equal(pathAt(7, t + 5, 0x1800), "/lib/a");
  assert.equal(pathAt(7, t + 20, 0x1800), "/lib/other");
  assert.equal(pathAt(7, t + 20, 0x9800), "", "what was not replaced stays");
});

test("an id that is used again is another process", () => {
  maps.set(7, line(0x1000, 0x2000, "/bin/a"));
  timeline.open(7);
  const t = nowNs();
  timeline.take({ type: "exit", pid: 7, timeNs: t });
  assert.equal(exits.length, 1);
  assert.equal(pathAt(7, t + 1, 0x1800), "/bin/a", "its other threads may run on");
  timeline.take({ type: "fork", pid: 7, parentPid: 1, timeNs: t + 100 });
  timeline.take({ type: "exec", pid: 7, timeNs: t + 200, comm: "b" });
  map(7, t + 201, mapping(0x1000, 0x2000, "/bin/b"));
  assert.equal(pathAt(7, t, 0x1800), "/bin/a");
  assert.equal(pathAt(7, t + 300, 0x1800), "/bin/b");
});

test("lost records have the sampled processes read again, and keep what was known", () => {
  maps.set(7, line(0x1000, 0x2000, "/bin/a") + line(0x5000, 0x6000, "/lib/closed"));
  maps.set(8, line(0x1000, 0x2000, "/bin/unsampled"));
  timeline.at(7, nowNs());
  timeline.readNew();
  timeline.open(8);
  maps.set(7, line(0x1000, 0x2000, "/bin/a") + line(0x8000, 0x9000, "/lib/missed"));
  timeline.take({ type: "lost", timeNs: nowNs(), count: 3 });
  timeline.readNew();
  assert.equal(timeline.lostRecords, 3);
  assert.deepEqual(reads, [7, 8, 7]);
  assert.equal(pathAt(7, nowNs(), 0x8800), "/lib/missed");
  assert.equal(pathAt(7, nowNs(), 0x5800), "/lib/closed");
});

test("an unreadable process is asked for once; the past is forgotten on demand", () => {
  const number = timeline.at(9, nowNs()).number;
  timeline.readNew();
  timeline.at(9, nowNs());
  timeline.readNew();
  assert.deepEqual(reads, [9]);
  timeline.take({ type: "exit", pid: 9, timeNs: nowNs() });
  assert.ok(timeline.get(number));
  timeline.forgetPast();
  assert.equal(timeline.get(number), undefined);
});

test("the number of images is bounded, whoever forks", () => {
  for (let i = 0; i < 40_000; i++) {
    timeline.take({ type: "fork", pid: 100 + i, parentPid: 1, timeNs: i });
    timeline.take({ type: "exit", pid: 100 + i, timeNs: i });
  }
  const sampled = timeline.at(100 + 39_999, 39_999);
  assert.equal(timeline.get(sampled.number), sampled);
  assert.equal(timeline.latest(100), undefined);
});

test("a process that maps other code in one place, again and again, is remembered in bounded memory, and alone pays", () => {
  const lines = Array.from({ length: 30_000 }, (_, i) =>
    line((i + 1) * 0x2000, i * 0x2000 + 0x3000, "/lib/a"),
  );
  maps.set(7, lines.join(""));
  maps.set(8, line(0x1000, 0x2000, "/bin/beside"));
  const beside = timeline.at(8, nowNs());
  const first = timeline.at(7, nowNs());
  timeline.readNew();
  // Every 0.1 ms for two seconds.
  const startNs = nowNs();
  for (let i = 0; i < 20_000; i++) {
    const [path, inode] = i % 2 === 0 ? (["/lib/b", 6n] as const) : (["/lib/a", 5n] as const);
    map(7, startNs + i * 1e5, mapping(0x2000, 0x3000, path, inode));
  }
  assert.ok(timeline.latest(7)!.number < 1000, `${timeline.latest(7)?.number} copies`);
  const held = Array.from({ length: 1000 }, (_, number) => timeline.get(number)).filter(
    (image) => image !== undefined,
  );
  const mappings = held.reduce((sum, image) => sum + image.mappings.size, 0);
  assert.ok(mappings <= 100_000, `${mappings} mappings of ${held.length} images`);
  assert.equal(timeline.get(first.number), undefined, "its own past is forgotten");
  assert.equal(pathAt(7, startNs + 2e9, 0x2000), "/lib/a");
  assert.equal(timeline.get(beside.number), beside);
});

test("when there are too many images, those that ended go before those that live", () => {
  maps.set(8, line(0x1000, 0x2000, "/bin/beside"));
  const beside = timeline.at(8, nowNs());
  for (let pid = 100; pid < 100 + (1 << 15); pid++) {
    timeline.take({ type: "fork", timeNs: nowNs(), pid, parentPid: 9 });
    timeline.at(pid, nowNs());
    timeline.take({ type: "exit", timeNs: nowNs(), pid });
  }
  assert.equal(timeline.get(beside.number), beside);
  assert.equal(timeline.latest(8), beside);
});

test("mappings that take long to read are not read again with each record that is lost", () => {
  maps.set(7, line(0x1000, 0x2000, "/bin/a"));
  const image = timeline.at(7, nowNs());
  readingMs = 5;
  timeline.readNew();
  for (let i = 0; i < 5; i++) {
    timeline.take({ type: "lost", timeNs: nowNs(), count: 1 });
    timeline.readNew();
  }
  assert.deepEqual(reads, [7]);
  assert.equal(image.isComplete, false);
  clockMs += 110;
  timeline.readNew();
  assert.deepEqual(reads, [7, 7], "but later");
  assert.equal(image.isComplete, true);
});
