import assert from "node:assert/strict";
import test from "node:test";
import { OptionError } from "../../../kernel/dataframe/option-error.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { jupyterDisplay, PLOTLY_MIME } from "../../../kernel/display/mime.js";
import { readBars } from "../../../kernel/plot/bars.js";
import { distribution } from "../../../kernel/plot/distribution.js";
import { assertGolden } from "../../helpers/golden.js";
import { samples } from "../../helpers/samples.js";

const frame = () =>
  ProfileFrame.fromProfile(
    samples(`
      comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:io[pid:5][tid:9][cpu:1]  comm:vector<int>[pid:6][tid:8][cpu:1]
      main                   main                   main                          main[mod:lib.so]
      read[kind:kernel]      lex                    jitted[kind:jit][mod:[jit]]   -
    `),
  );

const bars = (by: string) =>
  readBars(frame().distribution({ by: by as never })).bars.map(({ label, value }) => [label, value]);

test("samples by every key", () => {
  assert.deepEqual(bars("tid"), [
    ["io (7)", 2],
    ["io (9)", 1],
    ["vector<int> (8)", 1],
  ]);
  assert.deepEqual(bars("pid"), [
    ["io (5)", 3],
    ["vector<int> (6)", 1],
  ]);
  assert.deepEqual(bars("comm"), [
    ["io", 3],
    ["vector<int>", 1],
  ]);
  assert.deepEqual(bars("process"), [
    ["io", 3],
    ["vector<int>", 1],
  ]);
  assert.deepEqual(bars("cpu"), [
    ["CPU 0", 2],
    ["CPU 1", 2],
  ]);
  assert.deepEqual(bars("kind"), [
    ["user", 2],
    ["jit", 1],
    ["kernel", 1],
  ]);
  assert.deepEqual(bars("module"), [
    ["[jit]", 1],
    ["[kernel]", 1],
    ["app", 1],
    ["lib.so", 1],
  ]);
  assert.deepEqual(bars("leaf"), [
    ["jitted", 1],
    ["lex", 1],
    ["main", 1],
    ["read", 1],
  ]);
});

test("filtered and grouped frames are distributed by what is left of them", () => {
  const kernel = frame().query((row) => row.kind === "kernel");
  assert.deepEqual(
    readBars(kernel.distribution({ by: "cpu" })).bars.map(({ value }) => value),
    [1],
  );
  const grouped = frame().groupby(["stack"]).sum() as ProfileFrame;
  assert.equal(readBars(grouped.distribution({ by: "tid" })).bars.length, 3);
});

test("an unknown key is an OptionError that names what is accepted", () => {
  assert.throws(
    () => frame().distribution({ by: "foo" as never }),
    (error: OptionError) => {
      assert.ok(error instanceof OptionError);
      assert.deepEqual([error.option, error.value, error.accepted[0]], ["by", "foo", "tid"]);
      return /^distribution: option "by" must be one of "tid", .*, got "foo"$/.test(error.message);
    },
  );
  assert.throws(() => frame().distribution({ by: "constructor" as never }), OptionError);
  assert.throws(() => frame().distribution({ by: "tid", unit: "years" as never }), OptionError);
  assert.throws(() => frame().distribution(undefined as never), OptionError);
});

test("error bars are the square roots of counts", () => {
  const figure = distribution([{ label: "a", samples: 400, timeMs: 800 }], "t", "ms");
  assert.deepEqual(
    readBars(figure).bars.map(({ value, error }) => [value, error]),
    [[800, 40]],
  );
});

test("beyond thirty groups, the rest share a bar; equal labels stay apart", () => {
  const groups = Array.from({ length: 50 }, (_, i) => ({
    label: i < 2 ? "same" : `g${i}`,
    samples: 100 - i,
    timeMs: 0,
  }));
  const { bars } = readBars(distribution(groups, "t", "samples"));
  assert.equal(bars.length, 31);
  assert.deepEqual(
    bars.slice(0, 2).map(({ label }) => label),
    ["same", "same #2"],
  );
  assert.deepEqual([bars[30].label, bars[30].value], ["others (20)", 1210]);
});

test("the bundle never offers to send the data away, and the figure can be edited", () => {
  const figure = frame().distribution({ by: "comm" });
  figure.layout.title = { text: "mine" };
  const bundle = figure[jupyterDisplay]();
  const { config, layout, data } = bundle[PLOTLY_MIME] as Record<string, Record<string, unknown>>;
  assert.deepEqual(config, { showSendToCloud: false, plotlyServerURL: "", displaylogo: false });
  assert.deepEqual(layout.title, { text: "mine" });
  assert.match(JSON.stringify(data), /vector&lt;int&gt;/); // plotly reads labels as HTML
  assert.match(String(bundle["text/plain"]), /^mine \(samples\)\nio {11}█+ 3 · 75.0 %\nvector<int> {2}█/);
  assert.match(String(bundle["text/html"]), /^<img alt="mine \(samples\)"/);
});

test("the picture by thread, and of nothing", () => {
  assertGolden("distribution.svg", frame().distribution({ by: "tid" }).toSVG());
  assertGolden(
    "distribution-empty.svg",
    frame()
      .query(() => false)
      .distribution({ by: "tid" })
      .toSVG(),
  );
});
