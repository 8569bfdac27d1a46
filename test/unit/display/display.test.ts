import assert from "node:assert/strict";
import test, { afterEach, beforeEach } from "node:test";
import { clearOutput, display, displaysPublished } from "../../../kernel/display/display.js";
import { jupyterDisplay } from "../../../kernel/display/mime.js";
import { Progress } from "../../../kernel/display/progress.js";
import { type DisplayMessage, setPublisher } from "../../../kernel/display/publisher.js";

let shown: DisplayMessage[];
let cleared: boolean[];

beforeEach(() => {
  shown = [];
  cleared = [];
  setPublisher({ display: (message) => shown.push(message), clear: (wait) => cleared.push(wait) });
});
afterEach(() => setPublisher(undefined));

test("display publishes at once, and updates by id", () => {
  void display(1, { display_id: "a" });
  void display(2, { display_id: "a", update: true });
  assert.deepEqual(shown, [
    { data: { "text/plain": "1" }, metadata: {}, displayId: "a", update: false },
    { data: { "text/plain": "2" }, metadata: {}, displayId: "a", update: true },
  ]);
});

test("a raw bundle is taken as it is", () => {
  void display({ "text/html": "<b>" }, { raw: true });
  assert.deepEqual(shown[0].data, { "text/html": "<b>" });
});

test("an update needs an id", () => {
  assert.throws(() => display(1, { update: true }), /display_id/);
});

test("an asynchronous display is waited for", async () => {
  void display({ [jupyterDisplay]: async () => ({ "text/plain": "later" }) });
  assert.equal(shown.length, 0);
  await displaysPublished();
  assert.equal(shown[0].data["text/plain"], "later");
});

test("clearOutput says whether to wait", () => {
  clearOutput();
  clearOutput(true);
  assert.deepEqual(cleared, [false, true]);
});

test("progress shows the first and the last state, and few between", () => {
  const progress = new Progress("<sampling>");
  for (let i = 0; i < 1000; i++) progress.update(i / 1000, `${i} samples`);
  progress.done("1,000 samples");
  assert.ok(shown.length >= 2 && shown.length < 10, `${shown.length} messages`);
  assert.equal(shown[0].update, false);
  assert.ok(shown.slice(1).every(({ update, displayId }) => update && displayId === shown[0].displayId));
  assert.match(String(shown.at(-1)?.data["text/html"]), /value="1.000".*&#60;sampling&#62; 1,000 samples/);
});

test("without a kernel progress is silent", () => {
  setPublisher(undefined);
  const progress = new Progress("x");
  progress.update(0.5, "");
  progress.done();
});
