import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { encodeFrame } from "../../bpf/sampler/framing.js";
import { PROTOCOL_VERSION } from "../../bpf/sampler/protocol.js";
import { profile } from "../../kernel/index.js";
import { heldInKernel } from "../helpers/bpf-programs.js";
import { RawClient } from "../helpers/raw-client.js";
import { eventually, ownRuntimeDirectory, runtimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";

const SAMPLER = fileURLToPath(new URL("../../bpf/sampler/main.js", import.meta.url));
const INDEX = fileURLToPath(new URL("../../kernel/index.js", import.meta.url));
const directory = ownRuntimeDirectory();
const socketPath = join(directory, `sampler-${PROTOCOL_VERSION}.sock`);
const burners: ChildProcess[] = [];
const burner = (comm?: string) => {
  const script = `${comm === undefined ? "" : `process.title = ${JSON.stringify(comm)};`} for (;;) Math.sqrt(2);`;
  const child = spawn(process.execPath, ["-e", script], { stdio: "ignore" });
  burners.push(child);
  return child;
};
after(() => {
  for (const child of burners) child.kill("SIGKILL");
});

const sum = (counts: Record<string, number>) => Object.values(counts).reduce((a, b) => a + b, 0);

test("of samplers that start at once beside a dead one's socket, one stays, and the others end in peace", async () => {
  const apart = runtimeDirectory();
  const path = join(apart, "sampler-1.sock");
  spawnSync("python3", ["-c", `import socket; socket.socket(socket.AF_UNIX).bind(${JSON.stringify(path)})`]);
  const env = { ...process.env, PROFLAB_RUNTIME_DIR: apart };
  const samplers = Array.from({ length: 5 }, () =>
    spawn(process.execPath, [SAMPLER, path], { env, stdio: "ignore" }),
  );
  await eventually("all but one have ended", () => samplers.filter((s) => s.exitCode === null).length === 1);
  assert.deepEqual(samplers.map((s) => s.exitCode).sort(), [0, 0, 0, 0, null]);
  const client = await RawClient.connect(path);
  await client.request({ type: "info" });
  client.close();
  await eventually("the last one went with its client", () => samplers.every((s) => s.exitCode === 0));
  assert.deepEqual(readdirSync(apart), []);
});

test("who only looks whether a sampler answers does not end it", async () => {
  const apart = runtimeDirectory();
  const path = join(apart, "sampler-1.sock");
  const sampler = spawn(process.execPath, [SAMPLER, path], { stdio: "ignore" });
  await eventually("it listens", () => existsSync(path));
  await new Promise<void>((resolve) => {
    const probe = connect(path, () => probe.destroy()).once("close", () => resolve());
  });
  const client = await RawClient.connect(path);
  assert.equal((await client.request({ type: "info" })).type, "info");
  assert.equal(sampler.exitCode, null);
  client.close();
});

test("scripts that come and go at once are all served", async () => {
  const apart = runtimeDirectory();
  const script = `import { profile } from ${JSON.stringify(INDEX)}; await profile("5ms");`;
  const runs = [1, 2, 3].map(async () => {
    for (let i = 0; i < 4; i++) {
      const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
        env: { ...process.env, PROFLAB_RUNTIME_DIR: apart },
        stdio: ["ignore", "ignore", "inherit"],
      });
      assert.equal(await new Promise((resolve) => child.once("close", resolve)), 0);
    }
  });
  await Promise.all(runs);
  await eventually("no sampler is left", () => samplersOf(apart).length === 0);
});

test("a socket where another user could have put it is not used, and the error says why", () => {
  const root = runtimeDirectory();
  const make = (name: string, mode: number) => {
    mkdirSync(join(root, name));
    chmodSync(join(root, name), mode);
    return join(root, name);
  };
  symlinkSync(make("real", 0o700), join(root, "link"));
  if (process.getuid?.() === 0) chownSync(make("others", 0o700), 65534, 65534);
  const cases: [string, RegExp][] = [
    [join(root, "link"), /it is a symbolic link/],
    [make("open", 0o755), /it is of mode 0755/],
    [join(root, "x".repeat(100)), /at most 107 bytes.*PROFLAB_RUNTIME_DIR/],
  ];
  if (process.getuid?.() === 0) cases.push([join(root, "others"), /it is of user 65534/]);
  const script = `
    import { profile } from ${JSON.stringify(INDEX)};
    await profile("5ms").catch((error) => console.log(error.name + ": " + error.message));`;
  for (const [runtime, pattern] of cases) {
    const { stdout } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
      encoding: "utf8",
      env: { ...process.env, PROFLAB_RUNTIME_DIR: runtime },
    });
    assert.match(stdout, /^SamplerError: the sampler cannot be reached/);
    assert.match(stdout, pattern);
  }
});

test("windows that overlap at random on a busy machine each account for every tick, and a thread is one row", async () => {
  const pids = [burner(), burner()].map((child) => child.pid as number);
  const forks = spawn("bash", ["-c", "while :; do /bin/true; done"], { stdio: "ignore" });
  burners.push(forks);
  const targets = [{}, { pid: pids }, { tid: [pids[0]] }, { cpu: [0] }, { includeIdle: true }];
  const loss = { ringBytes: 4096, drainIntervalMs: 100 };
  await profile("5ms");
  const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(socketPath)));
  const endMs = performance.now() + 5000;
  let windows = 0;
  const work = async (client: RawClient, seed: number) => {
    for (let i = seed; performance.now() < endMs; i++) {
      const frequencyHz = [99, 997, 4999][i % 3];
      const options = { frequencyHz, ...targets[i % targets.length], ...(i % 7 === 0 ? loss : {}) };
      const { window } = await client.request({ type: "start", options });
      await new Promise((resolve) => setTimeout(resolve, (i * 37) % 300));
      const { meta, threads } = await client.stop(window as number);
      const { ticks, samples, filtered, dropped } = meta.accounting;
      assert.equal(samples + sum(filtered) + sum(dropped), ticks, JSON.stringify(meta));
      assert.equal(dropped["not-received"], undefined, JSON.stringify(meta));
      assert.equal(new Set(threads).size, threads.length, "threads are distinct");
      windows++;
    }
  };
  await Promise.all(
    clients.flatMap((client, c) => Array.from({ length: 6 }, (_, k) => work(client, 5 * c + k))),
  );
  for (const client of clients) client.close();
  assert.ok(windows > 5, `${windows} windows`);
});

test("more windows than one stream serves get another stream, and nothing of them stays in the kernel", async () => {
  await profile("5ms");
  const [sampler] = samplersOf(directory);
  // Chunks of the arena, of a MiB, stay with the unwind tables that they hold, for the next window.
  const held = () => heldInKernel(sampler).filter((line) => !/ value_size: 1048576 /.test(line));
  const kinds = () => held().map((line) => line.replace(/_id: \d+/g, ""));
  // The result comes before the end of its stream. What is left is the program, attached to nothing, for the next one.
  await eventually(
    () => `the first window's stream has ended: ${held().join("\n")}`,
    () => !held().some((line) => line.includes("link_id")),
  );
  const before = kinds();
  const clients = await Promise.all([1, 2, 3].map(() => RawClient.connect(socketPath)));
  const open = clients.slice(0, 2).flatMap((client) => new Array<RawClient>(8).fill(client));
  open.push(clients[2]);
  const windows: number[] = [];
  for (const client of open)
    windows.push((await client.request({ type: "start", options: { frequencyHz: 499 } })).window as number);
  const ninth = await clients[0].request({ type: "start", options: { frequencyHz: 499 } });
  assert.match(JSON.stringify(ninth), /at most 8 at once/);
  for (const [i, client] of open.entries()) {
    const { ticks, samples, filtered, dropped } = (await client.stop(windows[i])).meta.accounting;
    assert.equal(samples + sum(filtered) + sum(dropped), ticks);
  }
  for (const client of clients) client.close();
  await eventually(
    () => `the kernel's objects are gone: ${held().join("\n")}\ninstead of: ${before.join("\n")}`,
    () => isDeepStrictEqual(kinds(), before),
  );
});

test("a client that asks and never reads is not served without end", async () => {
  const silent = connect(socketPath);
  silent.on("error", () => {});
  silent.pause();
  const request = (header: object) => Buffer.concat(encodeFrame(header));
  silent.write(request({ type: "hello", protocol: PROTOCOL_VERSION, client: "silent" }));
  const many = Buffer.concat(new Array(100_000).fill(request({ type: "info", id: 1 })));
  silent.write(many);
  const client = await RawClient.connect(socketPath);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.ok(
    silent.writableLength > many.length / 4,
    `${silent.writableLength} of ${many.length} wait at the client`,
  );
  assert.equal((await client.request({ type: "info" })).type, "info");
  client.close();
  silent.destroy();
});

test("a process's name with control characters cannot write to a terminal", async () => {
  const child = burner("\u001b[31m<b>\n'");
  await eventually("it has its name", () => readFileSync(`/proc/${child.pid}/comm`, "utf8").includes("<b>"));
  const frame = await profile({ pid: child.pid as number, duration: "500ms" });
  assert.ok(frame.meta.accounting.samples > 0);
  const names = frame.table("threads")["process"].values as string[];
  assert.ok(names.includes("?[31m<b>?'"), names.join());
});
