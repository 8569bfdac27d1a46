import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseJitName, parseV8Name } from "../../../bpf/symbols/jit-name.js";
import { temporaryDirectory } from "./compiled.js";

const CASES: [string, string, string?, number?, number?][] = [
  ["JS:*fib file:///a/b.ts:10:5", "fib", "file:///a/b.ts", 10, 5],
  ["JS:~fib /a/with space/b.js:3:14", "fib", "/a/with space/b.js", 3, 14],
  ["JS:^get q /tmp/a.js:1:102", "get q", "/tmp/a.js", 1, 102],
  ["JS:+refresh node:internal/options:40:24", "refresh", "node:internal/options", 40, 24],
  ["JS:*'osr /a.js:1:2", "osr", "/a.js", 1, 2],
  ["JS:~ node:internal/main/run_main_module:1:1", "(anonymous)", "node:internal/main/run_main_module", 1, 1],
  ["JS:*(anonymous) /a.js:7:1", "(anonymous)", "/a.js", 7, 1],
  ["Eval:~ /tmp/a.js:1:1", "(top level)", "/tmp/a.js", 1, 1],
  ["Eval:~ :1:1", "(top level)", undefined, 1, 1],
  ["Script:~ /tmp/a.js:1:1", "(top level)", "/tmp/a.js", 1, 1],
  ["LazyCompile:*old cell 3.ts:2:9", "old", "cell 3.ts", 2, 9],
  ["JS:*get size cell3.ts:2:9", "get size", "cell3.ts", 2, 9],
  ["JS:*fib", "fib"],
  ["JS:~", "(anonymous)"],
  ["Builtin:ArrayMap", "Builtin:ArrayMap"],
  ["BytecodeHandler:ForInStep.Wide", "BytecodeHandler:ForInStep.Wide"],
  ["RegExp:a+b", "RegExp:a+b"],
  ["RegExp:JS:*x /a.js:1:1", "RegExp:JS:*x /a.js:1:1"],
  ["", ""],
];

describe("parseV8Name", () => {
  for (const [raw, name, file, line, column] of CASES) {
    test(raw || "an empty name", () => {
      const parsed = parseV8Name(raw);
      assert.deepEqual([parsed.name, parsed.file, parsed.line, parsed.column], [name, file, line, column]);
    });
  }

  test("takes apart what a real node writes", () => {
    const directory = temporaryDirectory();
    const script = join(directory, "real script.cjs");
    writeFileSync(
      script,
      `class Shape { area(n) { let s = 0; for (let i = 0; i < n; i++) s += i; return s; } get side() { return 3; } }
function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }
const shape = new Shape(); let t = 0;
for (let i = 0; i < 4000; i++) t += shape.area(200) + shape.side;
fib(26);`,
    );
    const before = new Set(readdirSync("/tmp"));
    const pid = execFileSync(
      process.execPath,
      [
        "--perf-basic-prof",
        "--interpreted-frames-native-stack",
        "--no-logfile-per-isolate",
        "--logfile=+",
        "-e",
        `require(${JSON.stringify(script)}); console.log(process.pid)`,
      ],
      { encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } },
    ).trim();
    const map = `/tmp/perf-${pid}.map`;
    assert.ok(!before.has(`perf-${pid}.map`));
    const raw = readFileSync(map, "utf8")
      .split("\n")
      .map((line) => line.replace(/^\S+ \S+ /, ""));
    rmSync(map);
    const parsed = raw.map(parseV8Name).filter(({ file }) => file === script);
    for (const [name, line] of [
      ["fib", 2],
      ["area", 1],
      ["get side", 1],
    ] as const) {
      assert.ok(
        parsed.some((found) => found.name === name && found.line === line),
        name,
      );
    }
    const tiers = new Set(raw.filter((text) => text.includes("fib ")).map((text) => text.slice(0, 4)));
    console.log(`tiers of fib: ${[...tiers].join(" ")}`);
  });
});

test("parseJitName takes CPython's names apart", () => {
  assert.deepEqual(parseJitName("py::Foo.bar.<locals>.f:/path/my file.py"), {
    name: "Foo.bar.<locals>.f",
    file: "/path/my file.py",
  });
  assert.deepEqual(parseJitName("py::<module>:<frozen importlib>"), {
    name: "<module>",
    file: "<frozen importlib>",
  });
  assert.deepEqual(parseJitName("py::odd"), { name: "odd" });
  assert.deepEqual(parseJitName("Lcom/acme/Main;::run"), { name: "Lcom/acme/Main;::run" });
});
