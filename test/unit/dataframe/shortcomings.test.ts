import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { REASONS } from "../../../bpf/symbols/reason.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { END_REMEDIES, JIT_REMEDIES, REASON_REMEDIES } from "../../../kernel/dataframe/remedies.js";
import { shortcomings } from "../../../kernel/dataframe/shortcomings.js";
import { jupyterDisplay } from "../../../kernel/display/mime.js";
import { assertGolden } from "../../helpers/golden.js";
import { exampleMeta, samples } from "../../helpers/samples.js";

/** Every way in which a walk can end that a person can do something about. */
const ENDS = [
  "depth",
  "no-table",
  "no-mapping",
  "bad-frame-pointer",
  "read-fault",
  "unsupported-rule",
  "stack-not-growing",
  "over-budget",
];

test("each end and each reason has its words and its remedy", () => {
  assert.deepEqual(Object.keys(END_REMEDIES).sort(), [...ENDS].sort());
  assert.deepEqual(Object.keys(REASON_REMEDIES).sort(), Object.keys(REASONS).sort());
  for (const reason of Object.keys(JIT_REMEDIES)) assert.ok(reason in REASONS, reason);
});

test("what they say", () => {
  const nameless = (module: string) => ({
    samples: 412,
    addresses: 7,
    worst: { module, samples: 412, addresses: 7 },
  });
  const lines = [
    ...ENDS.map((end) => ({
      ends: { complete: 9548, [end]: 412 },
      stops: { [end]: { module: "/usr/lib/libfoo.so", samples: 412 } },
      reasons: {},
    })),
    ...Object.keys(REASONS).map((reason) => ({
      ends: { complete: 9960 },
      stops: {},
      reasons: {
        [reason]: nameless(
          { hidden: "[kernel]", unmapped: "[unknown]", "process-gone": "[unknown]", "no-jit-map": "[jit]" }[
            reason
          ] ?? "/usr/lib/libfoo.so",
        ),
      },
    })),
    ...Object.keys(JIT_REMEDIES).map((reason) => ({
      ends: { complete: 9960 },
      stops: {},
      reasons: { [reason]: nameless("[jit]") },
    })),
  ].flatMap((meta) => shortcomings({ ...exampleMeta(9960), ...meta }));
  assertGolden("shortcomings.txt", `${lines.join("\n")}\n`);
});

test("they come with the most frequent first, and only above 1 %", () => {
  const lines = shortcomings({
    ...exampleMeta(1000),
    ends: { complete: 874, "no-table": 50, "read-fault": 11, depth: 10, "kernel-only": 55 },
    stops: {
      "no-table": { module: "liba.so", samples: 30 },
      "read-fault": { module: "", samples: 11 },
      depth: { module: "app", samples: 10 },
    },
    reasons: {
      "io-error": { samples: 100, addresses: 3, worst: { module: "/tmp/b", samples: 60, addresses: 1 } },
    },
  });
  assert.deepEqual(
    lines.map((line) => line.slice(0, line.indexOf(":"))),
    [
      "100 of 1,000 stacks have frames without a name, 60 of them in b",
      "50 of 1,000 stacks stop, 30 of them in liba.so",
      "11 of 1,000 stacks have no user part",
    ],
  );
  assert.deepEqual(shortcomings(exampleMeta(0)), []);
});

test("a frame shows them as text and as HTML, also filtered, with strangers' words as text", () => {
  const evil = "<b>lib\u202e.so";
  const frame = ProfileFrame.fromProfile(
    samples("main  main  main  f", {
      ends: { complete: 3, [evil]: 1 },
      stops: { [evil]: { module: `/tmp/${evil}`, samples: 1 } },
    }),
  );
  for (const shown of [frame, frame.head(1)]) {
    const sentence = "1 of 4 stacks stop in <b>lib\\u202e.so: <b>lib\\u202e.so";
    assert.ok(inspect(shown).includes(`\n${sentence} (`), inspect(shown));
    const html = String((shown as ProfileFrame)[jupyterDisplay]()["text/html"]);
    assert.ok(html.includes("stop in &#60;b&#62;lib\\u202e.so: &#60;b&#62;"), html);
    assert.ok(!html.includes("<b>"));
    assert.equal((shown as ProfileFrame).meta.stops[evil].samples, 1);
  }
});
