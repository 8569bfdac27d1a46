import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { getPriority } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { PROTOCOL_VERSION } from "../../bpf/sampler/protocol.js";
import { profile } from "../../kernel/index.js";
import { programsAttachedBy, samplerPrograms } from "../helpers/bpf-programs.js";
import { eventually, ownRuntimeDirectory, runtimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";

const INDEX = fileURLToPath(new URL("../../kernel/index.js", import.meta.url));
const directory = ownRuntimeDirectory();
/** Programs of a sampler, attached now; and whether any of the given ones is still in the Linux kernel. */
const attached = (runtime: string) => programsAttachedBy(samplersOf(runtime));
const anyLeft = (programs: readonly number[]) => samplerPrograms().some((id) => programs.includes(id));

/** A script that profiles for a minute, in a process of its own. */
async function longWindow(runtime: string): Promise<ChildProcess> {
  const script = `import { profile } from ${JSON.stringify(INDEX)}; await profile("60s");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    env: { ...process.env, PROFLAB_RUNTIME_DIR: runtime },
    stdio: "ignore",
  });
  await eventually("the program is attached", () => attached(runtime).length > 0);
  return child;
}

test("the socket is for its user alone", async () => {
  const running = await profile.start();
  assert.equal(statSync(join(directory, `sampler-${PROTOCOL_VERSION}.sock`)).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  await running.stop();
});

test("the sampler comes before what keeps the CPUs busy, with each of its threads", async () => {
  await profile("10ms");
  const [sampler] = samplersOf(directory);
  const threads = readdirSync(`/proc/${sampler}/task`).map(Number);
  assert.ok(threads.length > 1);
  assert.deepEqual(new Set(threads.map((tid) => getPriority(tid))), new Set([-10]));
  if (existsSync("/proc/self/autogroup"))
    assert.match(readFileSync(`/proc/${sampler}/autogroup`, "utf8"), / nice -10$/m);
});

test("a window leaves no link, and the sampler stays warm: the next window runs the same programs", async () => {
  const [sampler] = samplersOf(directory);
  const programs: number[][] = [];
  for (let i = 0; i < 2; i++) {
    const window = profile("300ms");
    await eventually("the programs are attached", () => attached(directory).length === 4);
    programs.push(attached(directory));
    await window;
    await eventually("the program is detached", () => attached(directory).length === 0);
  }
  assert.deepEqual(new Set(programs[0]), new Set(programs[1]));
  assert.deepEqual(samplersOf(directory), [sampler]);
});

test("killing the client in the middle of a window detaches the program and ends its sampler", async () => {
  const apart = runtimeDirectory();
  const child = await longWindow(apart);
  const programs = attached(apart);
  child.kill("SIGKILL");
  await eventually("nothing is left", () => !anyLeft(programs) && samplersOf(apart).length === 0);
});

test("killing the sampler in the middle of a window is said, leaves nothing, and the next window works", async () => {
  const window = profile("60s");
  const failed = assert.rejects(window, {
    name: "SamplerGoneError",
    message: /sampler.*ended while it was sampling/,
  });
  await eventually("a sampler is there", () => attached(directory).length > 0);
  const programs = attached(directory);
  for (const pid of samplersOf(directory)) process.kill(pid, "SIGKILL");
  await failed;
  await eventually("the kernel detached the program", () => !anyLeft(programs));
  assert.ok((await profile("200ms")).meta.accounting.ticks >= 0);
});

test("a client that talks nonsense is told so and hurts nobody", async () => {
  const running = await profile.start();
  const path = join(directory, `sampler-${PROTOCOL_VERSION}.sock`);
  for (const nonsense of [
    Buffer.alloc(100, 0xff),
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    Buffer.from([8, 0, 0, 0, 4, 0, 0, 0, 0x7b, 0x7d, 0x20, 0x20]),
  ]) {
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(path);
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk;
        if (text.includes('"error"')) socket.destroy();
      });
      socket.on("close", () => resolve(text));
      socket.write(nonsense);
    });
    assert.match(answer, /FramingError|OptionError/);
  }
  assert.ok((await running.stop()).meta.accounting.ticks >= 0);
});
