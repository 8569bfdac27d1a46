import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../kernel/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "proflab-install-"));
after(() => rmSync(folder, { recursive: true }));

function proflab(list: string[], env: NodeJS.ProcessEnv = {}) {
  const { JUPYTER_DATA_DIR: _, XDG_DATA_HOME: __, VIRTUAL_ENV: ___, ...rest } = process.env;
  return spawnSync(process.execPath, [CLI, ...list], { encoding: "utf8", env: { ...rest, ...env } });
}

const PLACES: [name: string, list: string[], env: NodeJS.ProcessEnv, data: string][] = [
  ["a prefix", ["--prefix", join(folder, "p")], {}, join(folder, "p/share/jupyter")],
  [
    "the virtual environment",
    ["--sys-prefix"],
    { VIRTUAL_ENV: join(folder, "v") },
    join(folder, "v/share/jupyter"),
  ],
  ["the user's home", [], { HOME: join(folder, "h") }, join(folder, "h/.local/share/jupyter")],
  ["Jupyter's own variable", ["--user"], { JUPYTER_DATA_DIR: join(folder, "d") }, join(folder, "d")],
];

for (const [name, list, env, data] of PLACES) {
  test(`install and uninstall in ${name}`, () => {
    const installed = proflab(["install", ...list, "--name", "proflab-test"], env);
    assert.equal(installed.status, 0, installed.stderr);
    const kernel = join(data, "kernels/proflab-test");
    const spec = JSON.parse(readFileSync(join(kernel, "kernel.json"), "utf8"));
    assert.equal(spec.argv[0], process.execPath);
    assert.equal(spec.argv.at(-1), "{connection_file}");
    assert.ok(existsSync(spec.argv.at(-2)));
    assert.deepEqual([spec.language, spec.interrupt_mode], ["typescript", "message"]);
    assert.equal(proflab(["uninstall", ...list, "--name", "proflab-test"], env).status, 0);
    assert.ok(!existsSync(kernel));
  });
}

test("a command line that makes no sense gets the usage and status 2", () => {
  const wrong = [
    [],
    ["dance"],
    ["install", "--nowhere"],
    ["install", "--sys-prefix"],
    ["kernel"],
    ["install", "--name", "../x"],
  ];
  for (const list of wrong) {
    const { status, stderr } = proflab(list);
    assert.equal(status, 2, list.join(" "));
    assert.match(stderr, /^proflab: .+\n\nusage: proflab/);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});

test("help is no error", () => {
  const { status, stdout } = proflab(["--help"]);
  assert.equal(status, 0);
  assert.match(stdout, /^usage: proflab/);
});
