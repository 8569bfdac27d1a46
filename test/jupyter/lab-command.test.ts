import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import test, { after } from "node:test";
import { setTimeout as delay } from "node:timers/promises";

const ROOT = resolve(import.meta.dirname, "../../..");
const CLI = join(ROOT, "dist/kernel/cli/main.js");
const VENV = process.env.PROFLAB_VENV ?? join(ROOT, ".venv");
const folder = mkdtempSync(join(tmpdir(), "proflab-lab-command-"));
after(() => rmSync(folder, { recursive: true }));
const START_MS = 120_000;

const skip =
  !existsSync(join(VENV, "bin/jupyter-lab")) && process.env.REQUIRE_BPF !== "1" && "no JupyterLab here";

/** Where the server listens, which it writes once it does. */
async function address(runtime: string): Promise<string> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    const file = existsSync(runtime) && readdirSync(runtime).find((name) => /^jpserver-.*\.json$/.test(name));
    if (file) return JSON.parse(readFileSync(join(runtime, file), "utf8")).url;
    await delay(100);
  }
  throw new Error("JupyterLab did not start");
}

test("JupyterLab opens with the kernel and its pictures, and leaves nothing behind", { skip }, async () => {
  const token = randomUUID();
  const runtime = join(folder, "runtime");
  const list = ["lab", "--no-browser", "--ServerApp.ip=127.0.0.1", `--ServerApp.root_dir=${folder}`];
  const child = spawn(process.execPath, [CLI, ...list], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      ...{ VIRTUAL_ENV: VENV, HOME: folder, TMPDIR: folder, JUPYTER_TOKEN: token },
      ...{ JUPYTER_RUNTIME_DIR: runtime, JUPYTER_CONFIG_DIR: join(folder, "config") },
      JUPYTER_PREFER_ENV_PATH: "0",
    },
  });
  child.stderr.resume();
  const exit = once(child, "exit");
  try {
    const url = await address(runtime);
    const get = async (path: string) => (await fetch(`${url}${path}?token=${token}`)).json();
    const { kernelspecs } = (await get("api/kernelspecs")) as {
      kernelspecs: Record<
        string,
        { spec: { display_name: string; interrupt_mode: string }; resources: object }
      >;
    };
    const { spec, resources } = kernelspecs.proflab;
    assert.deepEqual([spec.display_name, spec.interrupt_mode], ["TypeScript (proflab)", "message"]);
    assert.ok("logo-svg" in resources);
    const page = await (await fetch(`${url}lab?token=${token}`)).text();
    assert.match(page, /"name": ?"proflab"/);
  } finally {
    child.kill("SIGTERM");
  }
  await exit;
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith("proflab-lab-")),
    [],
  );
});
