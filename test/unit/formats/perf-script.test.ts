import assert from "node:assert/strict";
import { test } from "node:test";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { readFormat } from "../../../kernel/formats/formats.js";
import { frameWords } from "../../helpers/profile-files.js";

const read = (text: string, sampleType?: string) =>
  readFormat(
    { file: "x", bytes: new TextEncoder().encode(text) },
    sampleType === undefined ? {} : { sampleType },
  );
const heads = (text: string) => {
  const { samples, threads, meta } = read(text);
  const t = samples.thread[0];
  return [
    threads.comm[t],
    threads.pid[t],
    threads.tid[t],
    samples.cpu[0],
    samples.weight[0],
    meta.event,
    meta.unit,
  ];
};
const STACK = "\n\t        1209 f+0x1 (/bin/a)\n\n";

test("heads of samples, as perf prints them with fewer and more fields", () => {
  const cases: [string, unknown[]][] = [
    ["t 10679  2612.616128:    1001001 cpu-clock: ", ["t", -1, 10679, -1, 1001001, "cpu-clock", undefined]],
    [
      "t 12/13 [003]  2612.616128004:  250000 cpu-clock:pppH: ",
      ["t", 12, 13, 3, 250000, "cpu-clock", undefined],
    ],
    ["Web Content 99 [001] 1.5: 7 cycles:u: ", ["Web Content", -1, 99, 1, 7, "cycles", "cycles:u"]],
    ["worker 3 99 [001] 1.5: 7 cycles: ", ["worker 3", -1, 99, 1, 7, "cycles", "cycles"]],
    ["  kworker/0:1-eve   99 [001] 1.5: 7 cycles: ", ["kworker/0:1-eve", -1, 99, 1, 7, "cycles", "cycles"]],
    ["tmux: server 5/5 1.5: 7 cycles: ", ["tmux: server", 5, 5, -1, 7, "cycles", "cycles"]],
    [":77 77 [000] 1.5: cycles: ", [":77", -1, 77, 0, 1, "cycles", "cycles"]],
    [
      "swapper     0 [000] 1.5: 1 cpu/event=0x3c/: ",
      ["swapper", -1, 0, 0, 1, "cpu/event=0x3c/", "cpu/event=0x3c/"],
    ],
    [
      "a 1 [000] 1.5: syscalls:sys_enter_read: fd: 0x3, buf: 0x1",
      ["a", -1, 1, 0, 1, "syscalls:sys_enter_read", "syscalls:sys_enter_read"],
    ],
    ["a 1 [000] 7 cycles: ", ["a", -1, 1, 0, 7, "cycles", "cycles"]],
    ["a 1 ", ["a", -1, 1, -1, 1, "samples", "samples"]],
  ];
  for (const [head, expected] of cases) {
    assert.deepEqual(heads(head + STACK), expected, head);
    assert.deepEqual(heads((head + STACK).replaceAll("\n", "\r\n")), expected, `${head}, CR LF`);
  }
});

test("frames: inlined ones, kernel, JIT, deleted files, brackets, source lines, unknown ones", () => {
  const data = read(`# ========
# captured on    : Sat Nov 28 13:19:34 2026
# os release : 6.1.0
# ========
#
a 1/1 [000] 1.000000: 10 cpu-clock:
\tffffffff8158ca5d filemap_map_pages+0x6bd ([kernel.kallsyms])
\tffffffffc0123456 nft_do_chain+0x1 ([nf_tables])
\t            1209 inner (inlined)
\t            1209 placed
  dl-cacheinfo.h:783 (inlined)
\t            1209 std::function<void (int)>::operator()(int) const+0x49 (/memfd:x (deleted))
  t.c:3
\t           1ab78 _dl_start_user (/lib/ld.so)
  :0
\t    7ff35200fa79 JS:^turn /a b/c.js:6:14+0x79 (/tmp/perf-1.map)
\t    7ff35200fa7a [unknown] ([unknown])

`);
  assert.deepEqual(frameWords(data), [
    [
      "[unknown] [unknown] user null:null",
      "JS:^turn /a b/c.js:6:14 [jit] jit null:null",
      "_dl_start_user /lib/ld.so user null:null",
      "std::function<void (int)>::operator()(int) const /memfd:x (deleted) user t.c:3",
      "placed /memfd:x (deleted) inlined dl-cacheinfo.h:783",
      "inner /memfd:x (deleted) inlined null:null",
      "nft_do_chain [nf_tables] kernel null:null",
      "filemap_map_pages [kernel] kernel null:null",
    ].join(" > "),
  ]);
  assert.equal(data.meta.window.startedAt, new Date("Sat Nov 28 13:19:34 2026").toISOString());
  assert.equal(data.meta.host.kernel, "6.1.0");
});

test("one frame on the line, none at all, other records, lost samples, several events", () => {
  const text = `
perf 1 [000] 1.0: 5 cycles: 55a03a30f52d main+0x1 (/usr/bin/perf)
dd 2 [001] 1.1: 6 cycles: ffffffff8158ca5d read+0x1 ([kernel.kallsyms])
t 3 1.2: PERF_RECORD_COMM exec: t:3/3
t 3 1.2: PERF_RECORD_MMAP2 3/3: [0x55(0x1000) @ 0 fe:00 1 2]: r-xp /tmp/t
t 3 [000] 1.2: PERF_RECORD_LOST lost 12
a 4 [000] 1.3: sched:sched_switch: prev_comm=a prev_pid=4 ==> next_comm=b next_pid=5
`;
  const data = read(text);
  assert.equal(ProfileFrame.fromProfile(data).toFolded(), "main 1\nread 1\n");
  assert.deepEqual(Array.from(data.samples.weight), [5, 6]);
  assert.ok(Math.abs(data.samples.atMs[1] - 100) < 1e-6);
  assert.deepEqual(data.meta.accounting, {
    ticks: 14,
    samples: 2,
    filtered: {},
    dropped: { perf: 12 },
    known: false,
  });
  assert.match(data.meta.notes[0], /samples of cycles; the file also has sched:sched_switch/);
  assert.equal(
    ProfileFrame.fromProfile(read(text, "sched:sched_switch")).toFolded(),
    " 1\n",
    "a stack of no frames",
  );
  assert.throws(
    () => read(text, "faults"),
    /expected sampleType to be one of cycles, sched:sched_switch, got faults/,
  );
});

test("a line that is none of these is named", () => {
  const head = "a 1 [000] 1.0: 5 cycles: \n";
  assert.throws(() => read(`${head}\t 12 f (/bin/a)\n???\n`), {
    name: "FormatError",
    message: /^x: line 3: expected a sample, a frame or an empty line, got "\?\?\?"/,
  });
});
