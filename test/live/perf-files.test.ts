import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readProfile } from "../../kernel/dataframe/read-profile.js";
import { byName, functionTotals } from "../helpers/profile-files.js";
import { firefoxThreads } from "../helpers/profiler-cli.js";
import { callGraph } from "../helpers/workloads.js";

const folder = mkdtempSync(join(tmpdir(), "perf-"));
const run = (...command: string[]) =>
  execFileSync(command[0], command.slice(1), {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 60_000,
    maxBuffer: 2 ** 30,
  });

/** Frames and samples as a flame-graph script counts them: by the text alone. */
function collapsed(text: string): string {
  const counts = new Map<string, number>();
  for (const block of text.split(/\n\n+/)) {
    const lines = block.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    if (lines.length === 0) continue;
    const names = lines
      .slice(1)
      .map((line) => line.replace(/^\s*[0-9a-f]+ (.*) \(.*\)$/, "$1").replace(/\+0x[0-9a-f]+$/, ""));
    const stack = names
      .reverse()
      .map((name) => name.replaceAll(";", ":"))
      .join(";");
    counts.set(stack, (counts.get(stack) ?? 0) + 1);
  }
  return Array.from(counts, ([stack, count]) => `${stack} ${count}\n`)
    .sort()
    .join("");
}

test("a file of perf record, and what perf script prints of it, give the profile that perf has", async () => {
  const file = join(folder, "perf.data");
  const briefly = ["sh", "-c", 'timeout 2 "$0"; true', callGraph()]; // it would never end
  run("perf", "record", "-q", "-e", "cpu-clock", "-F", "499", "-g", "-o", file, "--", ...briefly);
  const text = run("perf", "script", "-i", file);
  const frame = await readProfile(file);
  assert.ok(frame.meta.accounting.samples > 10, `${frame.meta.accounting.samples} samples`);
  assert.equal(frame.toFolded(), collapsed(text));
  assert.deepEqual([frame.meta.event, frame.meta.period], ["cpu-clock", 2004008]);
  assert.ok(frame.meta.window.durationMs > 100);

  const printed = join(folder, "printed");
  writeFileSync(printed, text);
  const read = await readProfile(printed);
  assert.equal(read.toFolded(), frame.toFolded());
  assert.deepEqual(read.profile.samples.cpu, frame.profile.samples.cpu);

  // What we write of it is read by perf's other readers as they read perf's own.
  const ours = join(folder, "ours");
  frame.toPerfScript(ours);
  assert.equal(collapsed(readFileSync(ours, "utf8")), collapsed(text));
  const [theirs] = await firefoxThreads(ours);
  const [reference] = await firefoxThreads(printed);
  const known = (functions: Map<string, [number, number]>) =>
    byName(functions).filter(([name]) => !/^(0x|\[)/.test(name));
  assert.deepEqual(known(theirs.functions), known(reference.functions));
  assert.ok(functionTotals(frame).size > 3);
});

test("a file that perf refuses, and no perf", async () => {
  const file = join(folder, "broken");
  writeFileSync(file, "PERFILE2 and nothing else");
  await assert.rejects(readProfile(file), {
    name: "FormatError",
    message: /broken: byte 0: perf script ended with \d+: /,
  });
  const { PATH } = process.env;
  process.env.PATH = folder;
  try {
    await assert.rejects(readProfile(file), {
      name: "FormatError",
      message: /perf is not in PATH\. Install it \(Debian: linux-perf/,
    });
  } finally {
    process.env.PATH = PATH;
  }
});
