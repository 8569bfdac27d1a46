import assert from "node:assert/strict";
import { test } from "node:test";
import { OptionError } from "../../../bpf/sampler/option-error.js";
import { validateWindowOptions } from "../../../bpf/sampler/validate.js";

test("good options pass unchanged", () => {
  const options = {
    pid: [1, 2],
    frequencyHz: 99,
    durationMs: 10,
    userOnly: true,
    maxDepth: 127,
    demangle: false,
    ringBytes: 4096,
  };
  assert.deepEqual(validateWindowOptions(options), options);
});

test("each option out of range is refused by its name", () => {
  const bad: [string, unknown][] = [
    ["frequencyHz", 0],
    ["frequencyHz", 1e9],
    ["frequencyHz", "99"],
    ["frequencyHz", Number.NaN],
    ["pid", []],
    ["pid", [-1]],
    ["pid", [1.5]],
    ["pid", 1],
    ["pid", new Array(513).fill(1)],
    ["tid", ["1"]],
    ["cpu", [2 ** 31]],
    ["durationMs", 0],
    ["durationMs", Number.POSITIVE_INFINITY],
    ["maxDepth", 128],
    ["ringBytes", 5000],
    ["ringBytes", 2 ** 31],
    ["userOnly", 1],
    ["demangle", "no"],
    ["surprise", 1],
    ["__proto__x", 1],
    ["toString", 1],
  ];
  for (const [option, value] of bad)
    assert.throws(
      () => validateWindowOptions({ frequencyHz: 99, [option]: value }),
      (error: unknown) => error instanceof OptionError && error.option === option,
      `${option} = ${value}`,
    );
  for (const input of [undefined, null, 5, "x", []])
    assert.throws(() => validateWindowOptions(input), OptionError);
  assert.throws(() => validateWindowOptions({}), OptionError);
  assert.throws(
    () => validateWindowOptions({ frequencyHz: 9, userOnly: true, kernelOnly: true }),
    OptionError,
  );
});
