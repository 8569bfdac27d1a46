import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    ["uninstall", "--name", ".."], // would be the folder of all that Jupyter has
    ["uninstall", "--name", "."],
    ["install", "--prefix", ""],
    ["install", "--prefix", CLI],
  ];
  for (const list of wrong) {
    const { status, stderr } = proflab(list);
    assert.equal(status, 2, list.join(" "));
    assert.match(stderr, /^proflab: .+\n\nusage: proflab/);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});

test("another kernel of the same name is neither replaced nor removed", () => {
  const data = join(folder, "other");
  const kernel = join(data, "kernels/python3");
  mkdirSync(kernel, { recursive: true });
  const spec = JSON.stringify({ argv: ["python", "-m", "ipykernel"], display_name: "Python 3" });
  writeFileSync(join(kernel, "kernel.json"), spec);
  for (const command of ["install", "uninstall"]) {
    const { status, stderr } = proflab([command, "--name", "python3"], { JUPYTER_DATA_DIR: data });
    assert.equal(status, 2);
    assert.match(stderr, /--name python3: .*kernels\/python3 is another kernel \(Python 3\)/);
    assert.equal(readFileSync(join(kernel, "kernel.json"), "utf8"), spec);
  }
});

test("a folder whose kernel.json is missing or damaged is kept, and hinders no other uninstall", () => {
  const env = { JUPYTER_DATA_DIR: join(folder, "strange") };
  const kernels = join(env.JUPYTER_DATA_DIR, "kernels");
  for (const [name, text] of [
    ["empty", undefined],
    ["damaged", "{"],
  ] as const) {
    mkdirSync(join(kernels, name), { recursive: true });
    writeFileSync(join(kernels, name, "notes"), "mine");
    if (text) writeFileSync(join(kernels, name, "kernel.json"), text);
    const { status, stdout } = proflab(["uninstall", "--name", name], env);
    assert.equal(status, 0);
    assert.match(
      stdout,
      new RegExp(`^kept .*kernels/${name}: its kernel.json is missing, or not this kernel's\n$`),
    );
    assert.equal(readFileSync(join(kernels, name, "notes"), "utf8"), "mine");
  }
  writeFileSync(join(kernels, "damaged/kernel.json"), '{"argv": "python"}');
  assert.equal(proflab(["install"], env).status, 0);
  assert.equal(proflab(["install", "--name", "b"], env).status, 0);
  rmSync(join(env.JUPYTER_DATA_DIR, "labextensions"), { recursive: true });
  const { status, stdout } = proflab(["uninstall"], env);
  assert.equal(status, 0);
  assert.match(stdout, /^removed .*kernels\/proflab\n$/); // and keeps no pictures that are not there
});

test("the pictures go with the last kernel that has them", () => {
  const env = { JUPYTER_DATA_DIR: join(folder, "two") };
  const extension = join(env.JUPYTER_DATA_DIR, "labextensions/proflab");
  for (const name of ["a", "b"]) assert.equal(proflab(["install", "--name", name], env).status, 0);
  assert.match(
    proflab(["uninstall", "--name", "a"], env).stdout,
    /removed .*kernels\/a\nkept .*, for .*kernels\/b\n$/,
  );
  assert.ok(existsSync(extension));
  proflab(["uninstall", "--name", "b"], env);
  assert.ok(!existsSync(extension));
  assert.match(proflab(["uninstall", "--name", "b"], env).stdout, /^nothing to remove: no .*kernels\/b\n$/);
});

test("help is no error", () => {
  const { status, stdout } = proflab(["--help"]);
  assert.equal(status, 0);
  assert.match(stdout, /^usage: proflab/);
});
