import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { OptionError, profile } from "../../kernel/index.js";
import { ownRuntimeDirectory, runtimeDirectory } from "../helpers/sampler-runtime.js";

ownRuntimeDirectory();
const INDEX = fileURLToPath(new URL("../../kernel/index.js", import.meta.url));

/** What a script that profiles for 50 ms says, in an environment that keeps it from doing so. */
function profileIn(command: readonly string[], environment: Record<string, string> = {}): string {
  const script = `
    import { profile } from ${JSON.stringify(INDEX)};
    try { await profile("50ms"); console.log("no error"); }
    catch (error) { console.log(error.name + ": " + error.message); }`;
  const [program, ...args] = [...command, process.execPath, "--input-type=module", "-e", script];
  const { stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env: { ...process.env, PROFLAB_RUNTIME_DIR: runtimeDirectory(), ...environment },
  });
  return stdout + stderr;
}

test("an option that cannot be is refused by its name, and the next call works", async () => {
  const refused = async (call: () => Promise<unknown>, option: string, pattern: RegExp) => {
    await assert.rejects(call, (error: unknown) => {
      assert.ok(error instanceof OptionError, String(error));
      assert.equal(error.option, option);
      assert.match(error.message, pattern);
      return true;
    });
    assert.equal((await profile("50ms")).meta.event, "cpu-clock");
  };
  const never = 4_194_305; // over the largest pid_max
  await refused(() => profile({ pid: never, duration: "1s" }), "pid", /running process.*4194305/);
  await refused(() => profile({ frequency: 0, duration: "1s" }), "frequency", /from 1 to \d+.*got 0/);
  await refused(() => profile("abc"), "duration", /"10s".*got "abc"/);
  await refused(() => profile({ duration: "1s", hz: 5 } as never), "hz", /the options are .*frequency/);
  await refused(() => profile({}), "duration", /given/);
  await refused(() => profile({ duration: "1s", cpu: 9999 }), "cpu", /online CPU/);
  await refused(
    () => profile({ duration: "1s", userOnly: true, kernelOnly: true }),
    "kernelOnly",
    /userOnly/,
  );
  await refused(() => profile(null as never), "options", /an object/);
});

test("without privileges the error says which are missing and the remedy", () => {
  const said = profileIn(["setpriv", "--bounding-set=-all", "--inh-caps=-all"]);
  assert.match(said, /^PermissionError: /);
  assert.match(said, /CAP_BPF/);
  assert.match(said, /CAP_PERFMON/);
  assert.match(said, /root|sudo/);
});

test("without libbpf the error says how to install it", () => {
  const said = profileIn([], { LIBBPF_PATH: "/nowhere/libbpf.so.1" });
  assert.match(said, /^LibraryNotFoundError: .*libbpf/);
  assert.match(said, /apt install libbpf1/);
});

test("a sampler that cannot be reached says why", () => {
  const open = runtimeDirectory();
  execFileSync("chmod", ["0755", open]);
  assert.match(profileIn([], { PROFLAB_RUNTIME_DIR: open }), /^SamplerError: .*0700/s);
});
