import assert from "node:assert/strict";
import { test } from "node:test";
import { readFormat } from "../../kernel/formats/formats.js";
import { ProfileFrame, profile } from "../../kernel/index.js";
import { totals } from "../helpers/profile-files.js";
import { ownRuntimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();

test("a profile of this machine comes back from every format with its stacks, samples and time", async () => {
  let sum = 0;
  const spin = () => {
    for (const endMs = Date.now() + 20; Date.now() < endMs; ) sum += Math.sqrt(sum + 1);
  };
  const spinning = setInterval(spin, 30); // so that something of every kind runs
  const frame = await profile({ duration: "2s", frequency: 499 }).finally(() => clearInterval(spinning));
  assert.ok(frame.meta.accounting.samples > 20, `${frame.meta.accounting.samples} samples`);
  const written = {
    pprof: frame.toPprof(),
    speedscope: frame.toSpeedscope(),
    firefox: frame.toFirefox(),
    cpuprofile: frame.toCpuprofile(),
    perf: frame.toPerfScript(),
    arrow: frame.toArrow(),
    folded: frame.toFolded(),
  };
  const expected = totals(frame.profile);
  for (const [format, content] of Object.entries(written)) {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const back = ProfileFrame.fromProfile(readFormat({ file: "x", bytes }));
    assert.equal(back.meta.source?.format, format);
    assert.equal(back.toFolded(), frame.toFolded(), format);
    if (format === "folded") continue; // which has no time
    for (const [i, [stack, samples, ms]] of totals(back.profile).entries()) {
      assert.deepEqual([stack, samples], expected[i].slice(0, 2), format);
      // Formats round times to nanoseconds or microseconds.
      assert.ok(
        Math.abs(ms - expected[i][2]) < 1e-3 * (1 + samples),
        `${format}: ${ms} ms, not ${expected[i][2]}, of ${stack}`,
      );
    }
  }
});
