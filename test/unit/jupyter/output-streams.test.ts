import assert from "node:assert/strict";
import test from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { OutputStreams } from "../../../kernel/jupyter/output-streams.js";

function recorded(): { output: OutputStreams; messages: [string, string][] } {
  const messages: [string, string][] = [];
  return { output: new OutputStreams((name, text) => messages.push([name, text])), messages };
}

test("writes are gathered until flush", () => {
  const { output, messages } = recorded();
  output.write("stdout", "a");
  output.write("stdout", "b");
  assert.deepEqual(messages, []);
  output.flush();
  output.flush();
  assert.deepEqual(messages, [["stdout", "ab"]]);
});

test("the order of stdout and stderr is kept", () => {
  const { output, messages } = recorded();
  output.write("stdout", "a");
  output.write("stderr", "b");
  output.write("stdout", "c");
  output.flush();
  assert.deepEqual(messages, [
    ["stdout", "a"],
    ["stderr", "b"],
    ["stdout", "c"],
  ]);
});

test("64 kB are sent at once, less after 40 ms", async () => {
  const { output, messages } = recorded();
  output.write("stdout", "x".repeat(64_000));
  assert.equal(messages.length, 1);
  output.write("stdout", "y");
  await sleep(80);
  assert.deepEqual(messages[1], ["stdout", "y"]);
});
