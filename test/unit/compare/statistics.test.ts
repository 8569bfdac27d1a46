import assert from "node:assert/strict";
import test from "node:test";
import { WindowBootstrap, windowDifference } from "../../../kernel/compare/bootstrap.js";
import { differences } from "../../../kernel/compare/differences.js";
import type { Measure } from "../../../kernel/compare/estimate.js";
import { holm } from "../../../kernel/compare/holm.js";
import { fisher, newcombe, wilson } from "../../../kernel/compare/proportions.js";
import { equalRates, rateDifference } from "../../../kernel/compare/rates.js";
import { studentQuantile, studentTails } from "../../../kernel/compare/student.js";
import type { WindowCounts } from "../../../kernel/compare/window-counts.js";
import { seeded } from "../../helpers/mutate.js";
import { binomial, gaussian } from "../../helpers/random-numbers.js";

const near = (found: number, known: number, within: number) =>
  assert.ok(Math.abs(found - known) <= within, `${found} is not ${known} ± ${within}`);

test("known answers: Newcombe's table, Fisher's tea, Student's t, Holm", () => {
  // 56 of 70 against 48 of 80: the first example of Newcombe's paper, 0.0524 to 0.3339.
  const interval = newcombe(48, 80, 56, 70);
  near(interval.low, 0.0524, 5e-5);
  near(interval.high, 0.3339, 5e-5);
  near(newcombe(0, 10, 0, 20).high, 0.1611, 5e-5); // the paper's case (g), turned round
  near(newcombe(0, 10, 0, 20).low, -0.2775, 5e-5);
  near(wilson(0, 10).high, 0.2775, 5e-5);
  near(fisher(1, 4, 3, 4), 34 / 70, 1e-12); // 3 of 4 cups: one-sided 17/70
  near(fisher(0, 4, 4, 4), 2 / 70, 1e-12);
  near(fisher(10, 100, 10, 100), 1, 1e-12);
  near(fisher(0, 50, 5, 50) / 2, (50 * 49 * 48 * 47 * 46) / (100 * 99 * 98 * 97 * 96), 1e-12);
  assert.equal(fisher(4000, 1e6, 4000, 1e6), 1);
  assert.ok(fisher(4000, 1e6, 5000, 1e6) < 1e-20);
  near(equalRates(0, 1, 5, 1), 2 / 32, 1e-12);
  near(equalRates(2, 1, 2, 3), (2 * (54 + 12 + 1)) / 256, 1e-12); // 2 or fewer of 4 after, where 3 are expected
  near(equalRates(7, 2, 7, 2), 1, 1e-12);
  assert.equal(equalRates(0, 1, 0, 1), 1);
  near(studentTails(12.706205, 1), 0.05, 1e-7);
  near(studentTails(2.228139, 10), 0.05, 1e-7);
  near(studentTails(1.0, 1), 0.5, 1e-12);
  near(studentQuantile(0.05, 8), 2.306004, 1e-6);
  near(studentQuantile(0.05, 3.5), 2.9395, 5e-3);
  assert.deepEqual(
    Array.from(holm(Float64Array.of(0.01, 0.04, 0.03, 0.5)), (p) => Number(p.toFixed(6))),
    [0.04, 0.09, 0.09, 0.5],
  );
});

test("the intervals over samples hold 95 % ± 1.5 %, also of small shares", () => {
  const cases: [number, number, number, number][] = [
    [0.005, 2000, 0.005, 2000],
    [0.005, 2000, 0.01, 2000],
    [0.005, 2000, 0.005, 6000],
    [0.2, 500, 0.25, 500],
    [0.5, 2000, 0.5, 2000],
    [0.9, 1000, 0.95, 3000],
  ];
  for (const [p, n, q, m] of cases) {
    const random = seeded(1998);
    let held = 0;
    for (let draw = 0; draw < 2000; draw++) {
      const { low, high } = newcombe(binomial(random, n, p), n, binomial(random, m, q), m);
      if (low <= q - p && q - p <= high) held++;
    }
    near(held / 2000, 0.95, 0.015);
  }
});

test("the intervals over windows hold 95 % ± 1.5 %, and those over samples would not", () => {
  for (const windows of [4, 10]) {
    const random = seeded(windows);
    let [held, naive] = [0, 0];
    for (let draw = 0; draw < 2000; draw++) {
      const sides = [0.2, 0.25].map((share, side) => {
        const counts = Float64Array.from({ length: windows }, () =>
          binomial(random, 1000, share + 0.04 * gaussian(random)),
        );
        const totals = new Float64Array(windows).fill(1000);
        const variance = new WindowBootstrap(totals, draw * 2 + side).variance(counts);
        return { variance, windows, sum: counts.reduce((a, b) => a + b, 0) };
      });
      const all = 1000 * windows;
      const [a, b] = sides.map(({ sum }) => sum);
      const { low, high } = windowDifference((b - a) / all, sides[0], sides[1]);
      if (low <= 0.05 && 0.05 <= high) held++;
      const simple = newcombe(a, all, b, all);
      if (simple.low <= 0.05 && 0.05 <= simple.high) naive++;
    }
    near(held / 2000, 0.95, 0.015);
    assert.ok(naive / 2000 < 0.7, `${naive / 2000}`);
  }
});

/** Windows of 2,000 samples over 300 functions, of which most are rare, with some noise from window to window. */
function windows(random: () => number, count: number, noise: number): WindowCounts[] {
  const usual = Array.from({ length: 300 }, (_, i) => 1 / (i + 1));
  return Array.from({ length: count }, () => {
    const weights = usual.map((weight) => weight * Math.exp(noise * gaussian(random)));
    const ends: number[] = [];
    weights.reduce((sum, weight, i) => {
      ends[i] = sum + weight;
      return ends[i];
    }, 0);
    const samples = new Map<string, number>();
    for (let i = 0; i < 2000; i++) {
      const at = random() * ends[299];
      const key = String(ends.findIndex((end) => at < end));
      samples.set(key, (samples.get(key) ?? 0) + 1);
    }
    return { items: new Map(), samples, ms: samples, allSamples: 2000, allMs: 2000 };
  });
}

test("the intervals of rates hold 95 % ± 1.5 %, also of small counts and unequal exposures", () => {
  for (const [before, exposure, after, other] of [
    [6, 1, 6, 1],
    [200, 1, 260, 1],
    [40, 2, 10, 1],
    [10, 1, 30, 4],
  ]) {
    const random = seeded(1940);
    let held = 0;
    for (let draw = 0; draw < 2000; draw++) {
      // Poisson, as the limit of many draws that seldom hit.
      const [a, b] = [before, after].map((mean) => binomial(random, 4000, mean / 4000));
      const { low, high } = rateDifference(a, exposure, b, other);
      const known = after / other - before / exposure;
      if (low <= known && known <= high) held++;
    }
    near(held / 2000, 0.95, 0.015);
  }
});

test("without a difference at most one comparison of 300 functions in twenty has a verdict at all", () => {
  const keys = Array.from({ length: 300 }, (_, i) => String(i));
  const cases: [Measure, number, number, number][] = [
    ["share", 400, 1, 0],
    ["share", 60, 5, 0.3],
    ["time", 400, 1, 0],
    ["time", 60, 5, 0.3],
  ];
  for (const [measure, draws, count, noise] of cases) {
    const random = seeded(7);
    let alarms = 0;
    for (let draw = 0; draw < draws; draw++) {
      const { p } = differences(measure, keys, windows(random, count, noise), windows(random, count, noise));
      if (p.some((value) => value < 0.05)) alarms++;
    }
    // Three standard deviations of the count of alarms.
    assert.ok(alarms <= 0.05 * draws + 3 * Math.sqrt(0.05 * 0.95 * draws), `${alarms} of ${draws}`);
  }
});
