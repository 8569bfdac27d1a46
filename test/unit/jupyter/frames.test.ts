import { deepStrictEqual } from "node:assert";
import { test } from "node:test";
import { encodeFrame, FrameReader } from "../../../kernel/jupyter/frames.js";

const MESSAGES = [
  { type: "stream", parent: 7, name: "stdout", text: "grün 🎉\n" },
  { type: "stream", parent: undefined, name: "stderr", text: "" },
  { type: "stream", parent: 1_000_001, name: "stdout", text: "x".repeat(100_000) },
  { type: "stream", parent: 7, name: "stdout", text: "half a pair: \ud83c" },
  { type: "display", parent: 7, message: { data: { "image/png": new Uint8Array([0, 255]) }, metadata: {} } },
  { type: "stream", parent: 7, name: "stderr", text: "last" },
];

for (const size of [1, 7, 4096, 1 << 20]) {
  test(`messages arrive as they were sent, in their order, in pieces of ${size} bytes`, () => {
    const received: unknown[] = [];
    const reader = new FrameReader<unknown>((message) => received.push(message));
    const bytes = Buffer.concat(MESSAGES.map(encodeFrame));
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    deepStrictEqual(received, MESSAGES);
  });
}
