import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ElfFile } from "../../bpf/symbols/elf-file.js";
import { fileFromBytes } from "../../bpf/symbols/open-file.js";
import { isReason } from "../../bpf/symbols/reason.js";
import { profile } from "../../kernel/index.js";
import { calls } from "../helpers/call-chain.js";
import { ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";
import { countedStacks, isWhole, sum } from "../helpers/stack-ends.js";
import { Workload } from "../helpers/workload.js";
import { build } from "../helpers/workload-tools.js";
import { deepRecursion } from "../helpers/workloads.js";
import { seededRandom } from "../unit/symbols/compiled.js";

const KINDS = [
  ...["map-fifo", "map-directory", "map-socket", "map-link", "map-large"],
  ...["dump-garbage", "dump-fifo", "truncate", "remap", "many-files"],
];
/** Programs whose sections, read by nobody who runs them, are damaged. */
const DAMAGED_PROGRAMS = 12;
/** Programs with a .gnu_debugdata that unpacks to more than anyone has. */
const BOMBS = 4;
const HONEST = calls("main", "descend", "descend", "descend");
/** What a window may take after its end, in milliseconds; it takes a tenth of it where nobody is hostile. */
const HANG_MS = 20_000;
const MAX_MEMORY_BYTES = 1 << 30;

const runtime = ownRuntimeDirectory();
const directory = mkdtempSync(join(tmpdir(), "proflab-hostile-"));
const hostile: Workload[] = [];
let honest: Workload;

before(async () => {
  const program = build("hostile", ["hostile.c"], ["gcc", "-O1", "-g", "-o", "{out}", "hostile.c"]);
  const commands = KINDS.map((kind) => [program, kind, directory]);
  for (let i = 0; i < DAMAGED_PROGRAMS; i++) commands.push([damaged(program, i)]);
  const bomb = execFileSync("sh", ["-c", "head -c 2G /dev/zero | xz -1 -T1"], { maxBuffer: 1 << 26 });
  writeFileSync(join(directory, "bomb.xz"), bomb);
  for (let i = 0; i < BOMBS; i++) commands.push([withBomb(program, i)]);
  const nice = (command: string[]) => Workload.busy(["nice", "-n", "19", ...command], 0);
  hostile.push(...(await Promise.all(commands.map(nice))));
  honest = await Workload.busy([deepRecursion()]);
});

after(async () => {
  await Promise.all([...hostile, honest].map((workload) => workload?.close()));
  rmSync(directory, { recursive: true, force: true });
});

/** A copy in which bytes of the sections that are read for tables, names and lines are others. */
function damaged(program: string, seed: number): string {
  const bytes = readFileSync(program);
  const elf = ElfFile.read(fileFromBytes(bytes));
  if (isReason(elf)) throw new Error(elf);
  const random = seededRandom(seed);
  const chosen = elf.sections.filter(({ name }) =>
    /^\.(debug_|eh_frame|symtab|strtab|shstrtab|note)/.test(name),
  );
  for (const { offset, size } of chosen)
    for (let i = 0; i < 1 + random() * 20; i++)
      bytes[offset + Math.floor(random() * size)] = Math.floor(random() * 256);
  // The table of sections itself: sizes, places, links.
  const sectionsAt = Number(bytes.readBigUInt64LE(40));
  for (let i = 0; i < seed % 8; i++)
    bytes[sectionsAt + Math.floor(random() * (bytes.length - sectionsAt))] = Math.floor(random() * 256);
  const path = join(directory, `damaged-${seed}`);
  writeFileSync(path, bytes, { mode: 0o755 });
  return path;
}

/** A copy without symbols but those in a section that is a bomb. */
function withBomb(program: string, number: number): string {
  const path = join(directory, `bomb-${number}`);
  copyFileSync(program, path);
  const add = `.gnu_debugdata=${join(directory, "bomb.xz")}`;
  execFileSync("objcopy", ["--strip-all", "--add-section", add, path], { stdio: "ignore" });
  return path;
}

async function sampled(options: { pid?: number; seconds: number }) {
  const { pid, seconds } = options;
  const started = performance.now();
  const frame = await profile({
    ...(pid ? { pid } : {}),
    frequency: pid ? 997 : 199,
    duration: `${seconds}s`,
  });
  const afterMs = performance.now() - started - seconds * 1000;
  assert.ok(afterMs < HANG_MS, `the result came ${Math.round(afterMs)} ms after the window's end`);
  return { frame, afterMs };
}

function assertHonest(frame: Awaited<ReturnType<typeof profile>>): void {
  const stacks = countedStacks(frame.query(frame["pid"].eq(honest.pid)));
  assert.ok(sum(stacks) > 50, `${sum(stacks)} samples of the honest program`);
  const whole = stacks.filter((stack) => isWhole(stack) && HONEST.isIn(stack.text.split(";")));
  assert.ok(sum(whole) >= 0.98 * sum(stacks), `${sum(whole)} of ${sum(stacks)} are whole`);
}

function memoryBytesOf(pid: number): number {
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

test("a sampler outlives hostile processes, and what others show is as if they were not there", async () => {
  const first = await sampled({ seconds: 5 });
  const [sampler] = samplersOf(runtime);
  assertHonest(first.frame);
  const pids = new Set(first.frame["pid"].values as number[]);
  for (const { pid } of hostile)
    assert.ok(pids.has(pid), `no sample of ${execFileSync("ps", ["-fp", `${pid}`])}`);
  const again = await sampled({ seconds: 3 });
  assertHonest(again.frame);
  for (const { pid } of hostile.slice(0, KINDS.length)) await sampled({ pid, seconds: 0.5 });
  const alone = await sampled({ pid: honest.pid, seconds: 2 });
  assertHonest(alone.frame);
  assert.deepEqual(alone.frame.meta.accounting.dropped, {});
  assert.deepEqual(samplersOf(runtime), [sampler], "it is the same sampler");
  assert.ok(memoryBytesOf(sampler) < MAX_MEMORY_BYTES, `${memoryBytesOf(sampler) >> 20} MiB`);
  const mib = memoryBytesOf(sampler) >> 20;
  const ms = [first, again, alone].map(({ afterMs }) => Math.round(afterMs));
  console.log(`results after ${ms.join(", ")} ms; at most ${mib} MiB`);
});
