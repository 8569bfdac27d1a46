import assert from "node:assert/strict";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { encodeFrame, FrameReader, MAX_FRAME_BYTES } from "../../bpf/sampler/framing.js";
import { PROTOCOL_VERSION } from "../../bpf/sampler/protocol.js";
import { profile } from "../../kernel/index.js";
import { mutated, mutatedJson, seeded } from "../helpers/mutate.js";
import { ownRuntimeDirectory, samplersOf } from "../helpers/sampler-runtime.js";

const CLIENTS = 120;
const REQUESTS = 12;
const LAST = "the last request";

const runtime = ownRuntimeDirectory();
const socketPath = join(runtime, `sampler-${PROTOCOL_VERSION}.sock`);

const HELLO = { type: "hello", protocol: PROTOCOL_VERSION, client: "test" };
const SENSIBLE = [
  HELLO,
  {
    type: "start",
    id: 1,
    options: { frequencyHz: 99, durationMs: 20, pid: [1], maxDepth: 5, userOnly: true },
  },
  {
    type: "start",
    id: 2,
    options: { frequencyHz: 4999, ringBytes: 4096, drainIntervalMs: 1, durationMs: 5 },
  },
  { type: "stop", id: 3, window: 1 },
  { type: "info", id: 4 },
].map((request) => Buffer.from(JSON.stringify(request)));

/** Sends requests and one that is right; gives the names of the errors, when the right one was answered or the end came. */
function errorsOf(requests: readonly Uint8Array[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const errors: string[] = [];
    const socket = connect(socketPath, () => {
      const frames = [HELLO, ...requests, { type: LAST, id: 77 }].map((request) =>
        request instanceof Uint8Array ? frameOf(request) : Buffer.concat(encodeFrame(request)),
      );
      socket.write(Buffer.concat(frames));
    });
    const reader = new FrameReader(MAX_FRAME_BYTES, ({ error, id }) => {
      if (error !== undefined) errors.push((error as { name: string }).name);
      if (id === 77) socket.destroy();
    });
    socket.on("data", (chunk: Buffer) => reader.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(errors));
  });
}

/** A frame around what may be no JSON. */
function frameOf(header: Uint8Array): Buffer {
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(4 + header.length, 0);
  lengths.writeUInt32LE(header.length, 4);
  return Buffer.concat([lengths, header]);
}

test("clients whose requests are damaged at random are answered or cut off, and hurt nobody", async () => {
  const random = seeded(20_26);
  const window = await profile.start({ frequency: 199 });
  const [sampler] = samplersOf(runtime);
  const counts: Record<string, number> = {};
  for (let client = 0; client < CLIENTS; client++) {
    const requests = Array.from({ length: REQUESTS }, () => {
      const sensible = SENSIBLE[Math.floor(random() * SENSIBLE.length)];
      return client % 3 === 0 ? mutated(sensible, random) : mutatedJson(sensible, random);
    });
    for (const name of await errorsOf(requests)) counts[name] = (counts[name] ?? 0) + 1;
  }
  const deep = Buffer.from(`{"type":"start","id":1,"options":${"[".repeat(200_000)}${"]".repeat(200_000)}}`);
  await errorsOf([deep]);
  console.log(JSON.stringify(counts));
  assert.ok(counts.OptionError > CLIENTS && counts.FramingError > 10, JSON.stringify(counts));
  const unknown = Object.keys(counts).filter((name) => !["OptionError", "FramingError"].includes(name));
  assert.deepEqual(unknown, []);
  const { accounting } = (await window.stop()).meta;
  assert.deepEqual(accounting.dropped, {});
  assert.ok(accounting.ticks > 0);
  assert.deepEqual(samplersOf(runtime), [sampler], "it is the same sampler");
});
