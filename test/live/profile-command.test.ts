import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import test, { after, before } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

const CLI = resolve(import.meta.dirname, "../../kernel/cli/main.js");
const skip = process.getuid?.() !== 0 && process.env.REQUIRE_BPF !== "1" && "needs root";

ownRuntimeDirectory();
let busy: ChildProcess;
/** Copies in user space and in the Linux kernel. */
before(() => {
  busy = spawn("dd", ["if=/dev/zero", "of=/dev/null", "bs=16k"], { stdio: "ignore" });
});
after(() => busy.kill());

function profile(...list: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, "profile", ...list], {
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

const countOf = (line: string) => Number(/\d+$/.exec(line)![0]);

test("folded stacks, root first, the rarest first, sum up to the samples", { skip }, () => {
  const { status, stdout, stderr } = profile("-p", String(busy.pid), "-F", "499", "-f", "-d", "-a", "1");
  assert.equal(status, 0, stderr);
  const lines = stdout.trim().split("\n");
  const counts = lines.map(countOf);
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
  );
  const [, samples, filtered, dropped, ticks] = /(\d+) samples, (\d+) filtered, (\d+) dropped of (\d+) ticks/
    .exec(stderr)!
    .map(Number);
  assert.equal(samples + filtered + dropped, ticks);
  assert.equal(
    counts.reduce((sum, count) => sum + count),
    samples,
  );
  assert.ok(samples > 50, stderr);
  for (const line of lines) assert.match(line, /^dd;/);
  const read = lines.filter((line) => /;read;-;[^-]*ksys_read_\[k\]/.test(line));
  assert.ok(read.length > 0, stdout);
});

test("blocks as BCC's: leaf first, the thread, the count; only the part that was asked for", { skip }, () => {
  const { stdout } = profile("-p", String(busy.pid), "-K", "-c", "2000000", "-C", "0,1", "1");
  const [heading, ...blocks] = stdout.trim().split("\n\n");
  assert.equal(heading, `Sampling at every 2000000 events of PID [${busy.pid}] by kernel stack for 1 secs.`);
  assert.ok(blocks.length > 1, stdout);
  for (const block of blocks)
    assert.match(block, new RegExp(`^( {4}\\S+\\n)* {4}-  +dd \\(${busy.pid}\\)\\n {8}\\d+$`));
  assert.match(stdout, /ksys_read\n {4}do_syscall_64/);
  const user = profile("-L", String(busy.pid), "-U", "-f", "0.5").stdout;
  assert.match(user, /;(read|write) \d+/);
  assert.doesNotMatch(user, /ksys_read/);
});

test("without a duration it lasts until Ctrl-C", { skip }, async () => {
  const child = spawn(process.execPath, [CLI, "profile", "-p", String(busy.pid)]);
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  while (!stdout.includes("Hit Ctrl-C to end.")) await delay(50);
  await delay(500);
  child.kill("SIGINT");
  const [status] = await once(child, "close");
  assert.equal(status, 0);
  assert.match(stdout, / {4}- +dd \(\d+\)\n {8}\d+\n/);
});

test("what cannot be is refused with the remedy, and status 2", () => {
  const wrong: [list: string[], message: RegExp][] = [
    [["-p", "999999999", "1"], /"pid" must be the id of a running process/],
    [["-U", "-K"], /exclude each other/],
    [["-F", "9", "-c", "9"], /exclude each other/],
    [["-c", "7"], /whole number of samples a second/],
    [["soon"], /duration soon: a number of seconds/],
    [["--cgroupmap", "/sys/fs/bpf/x"], /name the processes by -p/],
    [["-x"], /unknown option -x; accepted: -p, --pid -L, --tid/],
  ];
  for (const [list, message] of wrong) {
    const { status, stderr } = profile(...list);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
  }
});
