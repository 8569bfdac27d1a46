import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { addr2line, codeAddresses, openDwarf } from "../unit/symbols/dwarf/reference.js";
import { median, spread, table } from "./statistics.js";

/**
 * File, line and inlined frames of 2,000 addresses: ours in a process that has read nothing yet, and addr2line -i -f.
 *
 * `node dist/test/bench/dwarf-lines.bench.js FILE` measures another file than the C++ program that it compiles.
 */
const ADDRESSES = 2000;
const ROUNDS = 5;
const UNITS = 12;

const UNIT = `
#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <vector>
namespace NAME {
  bool matches(const std::string &s) { return std::regex_search(s, std::regex("a[b-d]+(e|f)*")); }
  int count(std::vector<std::string> &v) {
    std::map<std::string, int> seen;
    std::sort(v.begin(), v.end(), [](const auto &a, const auto &b) { return a.size() < b.size(); });
    for (const auto &s : v) seen[s] += matches(s);
    return std::count_if(seen.begin(), seen.end(), [](const auto &e) { return e.second > 1; });
  }
}`;

/** Compiles a program of some units that are mostly templates. */
function buildProgram(directory: string): string {
  const names = Array.from({ length: UNITS }, (_, i) => `unit${i}`);
  const objects = names.map((name) => {
    writeFileSync(join(directory, `${name}.cpp`), UNIT.replace("NAME", name));
    execFileSync("g++", ["-O2", "-g", "-c", `${name}.cpp`], { cwd: directory });
    return `${name}.o`;
  });
  const declarations = names.map((name) => `namespace ${name} { int count(std::vector<std::string> &v); }`);
  const calls = names.map((name) => `${name}::count(v)`);
  writeFileSync(
    join(directory, "main.cpp"),
    `#include <string>\n#include <vector>\n${declarations.join("\n")}
     int main() { std::vector<std::string> v{"abe", "x"}; return ${calls.join(" + ")}; }`,
  );
  execFileSync("g++", ["-O2", "-g", "-o", "program", "main.cpp", ...objects], { cwd: directory });
  return join(directory, "program");
}

/** Every so manyth address of the code, so that there are `ADDRESSES`. */
function pick(path: string): number[] {
  const { elf } = openDwarf(path);
  const all = codeAddresses(elf, 16);
  elf.file.close();
  return Array.from({ length: ADDRESSES }, (_, i) => all[Math.floor((i * all.length) / ADDRESSES)]);
}

function timed(run: () => void): number {
  const started = performance.now();
  run();
  return performance.now() - started;
}

/** What one look at the file takes, from opening it: until the first answer, and until the last. */
function ours(path: string, addresses: number[]) {
  const started = performance.now();
  const { elf, dwarf } = openDwarf(path);
  dwarf.frames(addresses[addresses.length >> 1]);
  const first = performance.now() - started;
  let frames = 0;
  for (const address of addresses) frames += dwarf.frames(address).length;
  const all = performance.now() - started;
  elf.file.close();
  return { first, all, frames, tables: dwarf.sizeBytes };
}

// Runs itself anew for each round: the first answers of a process are those that a user waits for.
if (process.argv[2] === "--round") {
  const path = process.argv[3];
  const addresses = pick(path);
  const before = process.memoryUsage.rss();
  const result = ours(path, addresses);
  process.stdout.write(JSON.stringify({ ...result, memory: process.memoryUsage.rss() - before }));
} else {
  const directory = mkdtempSync(join(tmpdir(), "dwarf-bench-"));
  try {
    const path = process.argv[2] ?? buildProgram(directory);
    const addresses = pick(path);
    const rounds = Array.from({ length: ROUNDS }, () => ({
      ours: JSON.parse(
        execFileSync(process.execPath, [process.argv[1], "--round", path], { encoding: "utf8" }),
      ) as ReturnType<typeof ours> & { memory: number },
      binutils: timed(() => addr2line(path, addresses)),
    }));
    const [mine, theirs] = [rounds.map((r) => r.ours.all), rounds.map((r) => r.binutils)];
    const { frames, tables } = rounds[0].ours;
    const mebi = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
    process.stdout.write(
      `${ADDRESSES} addresses of a file of ${mebi(statSync(path).size)} MiB, ${frames} frames: median (min..max)\n\n${table(
        [
          ["ms", "ours", "addr2line", "ratio"],
          ["all", spread(mine, 0), spread(theirs, 0), (median(mine) / median(theirs)).toFixed(2)],
          [
            "first answer",
            spread(
              rounds.map((r) => r.ours.first),
              0,
            ),
            "",
            "",
          ],
        ],
      )}\n\nmemory: ${mebi(tables)} MiB of tables; the process grew by ${mebi(rounds[0].ours.memory)} MiB\n`,
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
