import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test, { after } from "node:test";
import type { Check } from "../../kernel/cli/checks/check.js";

const ROOT = resolve(import.meta.dirname, "../../..");
const CLI = join(ROOT, "dist/kernel/cli/main.js");
const VENV = process.env.PROFLAB_VENV ?? join(ROOT, ".venv");
const folder = mkdtempSync(join(tmpdir(), "proflab-doctor-"));
after(() => rmSync(folder, { recursive: true }));

const isRoot = process.getuid?.() === 0;
const skip = !isRoot && process.env.REQUIRE_BPF !== "1" && "needs root";

function doctor(list: string[], env: NodeJS.ProcessEnv, prefix: string[] = []) {
  const command = [...prefix, process.execPath, CLI, "doctor", ...list];
  const { JUPYTER_PATH: _, JUPYTER_DATA_DIR: __, ...rest } = process.env;
  return spawnSync(command[0], command.slice(1), {
    encoding: "utf8",
    env: { ...rest, HOME: folder, PROFLAB_RUNTIME_DIR: join(folder, "run"), ...env },
  });
}

test("where all is there, each line is ok", { skip }, () => {
  const { status, stdout, stderr } = doctor([], { VIRTUAL_ENV: VENV });
  assert.equal(status, 0, stdout + stderr);
  assert.doesNotMatch(stdout, /MISSING/);
  for (const name of ["Linux", "BTF", "CAP_BPF", "kernel.perf_event_paranoid", "libbpf", "Node.js"])
    assert.match(stdout, new RegExp(`^ok {7}${name} {2,}\\S`, "m"));
  assert.match(stdout, /^ok {7}profile\(\) +\d+ ticks/m);
  assert.match(stdout, /^ok {7}JupyterLab +\d+\./m);
  assert.match(stdout, /^ok {7}kernel in Jupyter +\/.*\/kernels\/proflab/m);
  assert.match(stdout, /^ok {7}pictures in JupyterLab /m);
});

test("without capabilities, and with a spec that leads nowhere, the lines say what helps", { skip }, () => {
  const spec = join(folder, "data/kernels/proflab");
  mkdirSync(spec, { recursive: true });
  const argv = ["/no/node", "/no/dist/kernel/jupyter/main.cjs", "{connection_file}"];
  writeFileSync(join(spec, "kernel.json"), JSON.stringify({ argv, language: "typescript" }));
  const { status, stdout } = doctor(
    ["--json"],
    { JUPYTER_PATH: join(folder, "data"), VIRTUAL_ENV: folder, PATH: "/usr/bin:/bin" },
    ["setpriv", "--bounding-set=-all", "--inh-caps=-all"],
  );
  assert.equal(status, 1);
  const checks = JSON.parse(stdout) as Check[];
  const check = (name: string) => checks.find((candidate) => candidate.name === name)!;
  for (const name of ["CAP_BPF", "CAP_PERFMON", "profile()", "kernel in Jupyter"])
    assert.equal(check(name).state, "missing", JSON.stringify(check(name)));
  assert.match(check("profile()").found, /PermissionError: .*CAP_BPF/);
  assert.match(check("kernel in Jupyter").found, /it names \/no\/node and \/no\/dist/);
  assert.equal(check("kernel in Jupyter").remedy, "proflab install");
  assert.equal(check("JupyterLab").state, "warning");
  for (const { state, remedy, name } of checks) assert.equal(remedy === "", state === "ok", name);
});
