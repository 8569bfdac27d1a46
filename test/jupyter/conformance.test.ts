import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const root = new URL("../../../", import.meta.url).pathname;
const venv = process.env.PROFLAB_VENV ?? join(root, ".venv");

test("jupyter_kernel_test: every test that a kernel can be asked passes", () => {
  // Its searches count on a history in which nothing is but what it ran.
  const state = mkdtempSync(join(tmpdir(), "proflab-state-"));
  const { stderr, status } = spawnSync(
    join(venv, "bin/python"),
    [join(root, "test/jupyter/kernel_test.py")],
    {
      encoding: "utf8",
      env: { ...process.env, PYTHONWARNINGS: "ignore", XDG_STATE_HOME: state },
    },
  );
  rmSync(state, { recursive: true });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /Ran 13 tests/);
  assert.doesNotMatch(stderr, /skipped/);
});
