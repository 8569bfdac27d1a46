import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fixture } from "./helpers/fixture.js";
import { requireBpf } from "./helpers/requires.js";

test("the example of the README works as it stands", (t) => {
  if (!requireBpf(t)) return;
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const code = /```ts\n(.*?)```/s.exec(readme)![1];
  // Inside of the package, so that its own name resolves.
  const file = fileURLToPath(new URL("./readme-example.mjs", import.meta.url));
  writeFileSync(file, code);
  try {
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, fixture("sampler")], {
      encoding: "utf8",
    });
    assert.equal(stderr, "");
    assert.equal(status, 0);
    assert.match(stdout, /Map\(\d+\) \{/);
  } finally {
    rmSync(file);
  }
});
