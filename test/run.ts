import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { run } from "node:test";
import { inspect } from "node:util";

/** Tiers in the order of their cost. Live tests measure this machine, so that they run one at a time. */
const TIERS: readonly { name: string; folders: string[]; concurrency: number }[] = [
  { name: "unit", folders: ["dist/test/unit"], concurrency: 2 },
  { name: "object", folders: ["dist/test/object", "bpf/libbpf-ts/dist/test"], concurrency: 1 },
  { name: "live", folders: ["dist/test/live"], concurrency: 1 },
  { name: "jupyter", folders: ["dist/test/jupyter"], concurrency: 1 },
  { name: "notebooks", folders: ["dist/test/notebooks"], concurrency: 1 },
];
/** One file's longest time: a whole notebook in a browser takes less. */
const FILE_TIMEOUT_MS = 300_000;
/** Why a test is skipped that needs a program which this machine's package manager does not have either. */
const UNAVAILABLE = "(not to be had here:";

const root = new URL("../../", import.meta.url).pathname;
const requireBpf = process.env.REQUIRE_BPF === "1";
const wanted = process.argv.slice(2);
/** Where the tests leave their files: programs, sockets, copies of notebooks. */
const scratch = mkdtempSync(join(tmpdir(), "proflab-tests-"));
process.env.TMPDIR = scratch;
process.env.XDG_STATE_HOME = scratch; // the user's own history is none of the tests'
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
let passed = 0;
const failures: string[] = [];
const skipped: string[] = [];

for (const { name, folders, concurrency } of TIERS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const files = folders.flatMap((folder) => testFiles(join(root, folder)));
  process.stdout.write(`${name}: ${files.length} files\n`);
  const startedMs = performance.now();
  const before = passed;
  await runFiles(files, concurrency);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${name}: ${passed - before} passed in ${seconds} s\n`);
}
for (const failure of failures) process.stdout.write(`\n${failure}\n`);
for (const skip of skipped) process.stdout.write(`skipped: ${skip}\n`);
if (requireBpf) failures.push(...skipped.filter((skip) => !skip.includes(UNAVAILABLE)));
process.stdout.write(`\n${passed} passed, ${failures.length} failed\n`);
process.exit(failures.length > 0 || passed === 0 ? 1 : 0);

function testFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.js"))
    .sort()
    .map((file) => join(folder, file));
}

function runFiles(files: string[], concurrency: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = run({ files, concurrency, timeout: FILE_TIMEOUT_MS });
    stream.on("test:pass", ({ name, file, skip, todo, details }) => {
      if (details.type === "suite") return;
      if (skip !== undefined || todo !== undefined) skipped.push(`${shown(file)}: ${name} (${skip ?? todo})`);
      else passed++;
    });
    stream.on("test:fail", ({ name, file, details }) => {
      const cause = details.error.cause ?? details.error;
      // A suite or a file fails with its tests, which have said so.
      if (/\d+ subtests? failed/.test(String((cause as Error)?.message ?? cause))) return;
      const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause);
      failures.push(`FAILED ${shown(file)}: ${name}\n${text}`);
      process.stdout.write(`FAILED ${shown(file)}: ${name}\n`);
    });
    stream.on("test:stderr", ({ message }) => process.stderr.write(message));
    if (process.env.VERBOSE) stream.on("test:stdout", ({ message }) => process.stdout.write(message));
    stream.on("end", resolve);
    stream.on("error", reject);
    stream.resume();
  });
}

function shown(file: string | undefined): string {
  return file === undefined ? "?" : relative(root, file);
}
