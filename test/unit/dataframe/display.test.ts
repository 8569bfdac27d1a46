import assert from "node:assert/strict";
import test from "node:test";
import { inspect } from "node:util";
import { accountingLine } from "../../../kernel/dataframe/accounting.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { jupyterDisplay } from "../../../kernel/display/mime.js";
import { exampleMeta, samples } from "../../helpers/samples.js";

const meta = {
  ...exampleMeta(4985),
  window: { startNs: 0, endNs: 5e9, durationMs: 5014, startedAt: "" },
  frequencyHz: { asked: 997, achieved: 996 },
  accounting: { ticks: 10_012, samples: 4985, filtered: { pid: 5015 }, dropped: { "ring-full": 12 } },
  ends: { complete: 4840, "bad-frame-pointer": 145 },
};

test("the accounting line says what became of every tick", () => {
  assert.equal(
    accountingLine(meta),
    "4,985 samples of 10,012 ticks at 997 Hz on 2 CPUs in 5.0 s · filtered: 5,015 (pid 5,015) · dropped: 12 (ring-full 12) · " +
      "stacks: 97.1 % complete, 2.9 % bad-frame-pointer",
  );
});

test("it says when the rate was not kept, a CPU was left out, the window was interrupted", () => {
  const line = accountingLine({
    ...exampleMeta(0),
    frequencyHz: { asked: 997, achieved: 412.34 },
    cpus: { online: [0], skipped: [{ cpu: 1, reason: "offline" }] },
    interrupted: true,
  });
  assert.equal(
    line,
    "0 samples of 0 ticks at 997 Hz (achieved 412.3) on 1 CPU in 1.0 s · CPU 1 not sampled: offline · interrupted",
  );
});

test("a frame shows threads, shares, the innermost frames, and the accounting", () => {
  const frame = ProfileFrame.fromProfile(
    samples(`
    comm:io  comm:io  comm:io
    main     main     main
    a        a        a
    b        b        b
    c        c        -
  `),
  );
  assert.equal(
    inspect(frame),
    `process/comm  tid  samples   share  time_ms  leaf  module  stack
io              1        2  66.7 %      2.0  c     app     … › a › b › c
io              1        1  33.3 %      1.0  b     app     main › a › b
2 rows
3 samples of 3 ticks at 1,000 Hz on 2 CPUs in 1.0 s · stacks: 100.0 % complete`,
  );
  const bundle = frame[jupyterDisplay]();
  assert.equal(bundle["text/plain"], inspect(frame));
  assert.match(
    String(bundle["text/html"]),
    /<details><summary[^>]*>… › a › b › c<\/summary><div[^>]*>main\na\nb\nc<\/div>/,
  );
  assert.match(inspect(frame.head(1)), /1 row · 2 of 3 samples\n/);
});

test("what was dropped stands out", () => {
  const html = String(ProfileFrame.fromProfile(samples("main", meta))[jupyterDisplay]()["text/html"]);
  assert.match(html, /<span style="[^"]*font-weight:600[^"]*">dropped: 12 \(ring-full 12\)<\/span>/);
});

test("names of strangers are text: no markup, no control characters, no reversed writing", () => {
  const evil = `<img src=x onerror=alert(1)>"'\u001b[31m\u202e`;
  const data = samples("f", { notes: [evil], ends: { [evil]: 1 } });
  const hostile = ProfileFrame.fromProfile({
    ...data,
    frames: { ...data.frames, name: [evil], module: [`/tmp/${evil}`] },
    threads: { ...data.threads, comm: [evil], process: [`${evil}2`] },
    stacks: { ...data.stacks, end: [evil] },
  });
  const views = [
    hostile,
    hostile.top(),
    hostile.groupby("leaf").size(),
    hostile.flamegraph(),
    hostile.distribution({ by: "comm" }),
  ];
  for (const view of views) {
    const bundle = (view as unknown as Record<symbol, () => Record<string, unknown>>)[jupyterDisplay]();
    const html = String(bundle["text/html"]);
    assertClean(html);
    assert.doesNotMatch(html.replace(OUR_IMAGE, ""), /<img|<script|<style/);
    assertClean(String(bundle["text/plain"]));
    const picture = /base64,([^"]*)"/.exec(html)?.[1];
    if (picture) assertClean(Buffer.from(picture, "base64").toString());
  }
});

const OUR_IMAGE = /<img alt="[^"]*" style="max-width:100%" src="data:image\/svg\+xml;base64,[^"]*">/;

function assertClean(text: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
}

test("twenty rows are shown, and how many there are", () => {
  const text = Array.from({ length: 30 }, (_, i) => `f${i}`).join("  ");
  const html = String(ProfileFrame.fromProfile(samples(text))[jupyterDisplay]()["text/html"]);
  assert.equal(html.match(/<tr>/g)?.length, 21);
  assert.match(html, /20 of 30 rows/);
});
