import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { fileFromDescriptor } from "../../bpf/symbols/open-file.js";
import { isReason } from "../../bpf/symbols/reason.js";
import { TableCache } from "../../bpf/unwind/table-cache.js";
import { loadUnwindTable } from "../../bpf/unwind/table-loader.js";
import { median, spread, table } from "./statistics.js";

/** Time to make unwind tables, from nothing and from the cache, against readelf that interprets the same unwind data. */
const ROUNDS = 7;
const LIBRARIES = "/usr/lib/x86_64-linux-gnu";
const FILES = {
  node: process.execPath,
  libLLVM: ["libLLVM-14.so.1", "libLLVM-15.so.1"].map((name) => join(LIBRARIES, name)).find(existsSync),
};
/** What a sampler of the whole machine has built when it comes to a large file, with the other one: compiled code. */
const BEFORE = ["libc.so.6", "libcrypto.so.3", "libstdc++.so.6"]
  .map((name) => join(LIBRARIES, name))
  .filter(existsSync);

interface Job {
  path: string;
  before: string[];
  cache?: string;
}

function load(path: string, cache?: TableCache): void {
  const file = fileFromDescriptor(openSync(path, "r"));
  if (isReason(file)) throw new Error(`${path}: ${file}`);
  const result = loadUnwindTable(file, cache);
  if (isReason(result)) throw new Error(`${path}: ${result}`);
  file.close();
}

/** Runs in a thread of its own, whose JavaScript starts uncompiled. */
function runJob({ path, before, cache }: Job): number {
  for (const other of before) load(other);
  const kept = cache === undefined ? undefined : new TableCache(cache);
  const started = performance.now();
  load(path, kept);
  return performance.now() - started;
}

function inThread(job: Job): Promise<number> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: job });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

/** Milliseconds of `readelf --debug-dump=frames-interp`, its output thrown away. */
function readelf(path: string, sink: number): number {
  const started = performance.now();
  const { status } = spawnSync("readelf", ["--debug-dump=frames-interp", path], {
    stdio: ["ignore", sink, "ignore"],
  });
  if (status !== 0) throw new Error(`readelf ${path}: ${status}`);
  return performance.now() - started;
}

async function compare(name: string, path: string, cache: string, sink: number): Promise<void> {
  const columns: Record<string, number[]> = {};
  const add = (column: string, milliseconds: number) => {
    columns[column] ??= [];
    columns[column].push(milliseconds);
  };
  load(path, new TableCache(cache));
  const others = [...BEFORE, ...Object.values(FILES)].filter((other) => other && other !== path) as string[];
  for (let round = 0; round < ROUNDS; round++) {
    add("readelf", readelf(path, sink));
    add("built, the first", await inThread({ path, before: [] }));
    add("built, after others", await inThread({ path, before: others }));
    add("from the cache, the first", await inThread({ path, before: [], cache }));
  }
  const reference = median(columns.readelf);
  const rows = Object.entries(columns).map(([title, values]) => [
    title,
    spread(values, 1),
    (median(values) / reference).toFixed(3),
  ]);
  process.stdout.write(`${table([[name, "ms", "ratio to readelf"], ...rows])}\n\n`);
}

if (!isMainThread) {
  parentPort?.postMessage(runJob(workerData as Job));
} else {
  process.stdout.write(`${ROUNDS} rounds in turns: median (min..max)

built       the file is in the page cache, its table nowhere; the first: of a thread, whose JavaScript is not compiled
            yet; after others: behind ${BEFORE.length} libraries and the other file
readelf     --debug-dump=frames-interp to /dev/null, with its start

`);
  const cache = mkdtempSync(join(tmpdir(), "tables-"));
  const sink = openSync("/dev/null", "w");
  try {
    for (const [name, path] of Object.entries(FILES)) {
      if (path !== undefined) await compare(name, path, cache, sink);
      else process.stdout.write(`${name} is not installed\n`);
    }
  } finally {
    closeSync(sink);
    rmSync(cache, { recursive: true });
  }
}
