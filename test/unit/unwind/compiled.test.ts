import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { compile, temporaryDirectory } from "../symbols/compiled.js";
import { describeRow } from "./describe-row.js";
import { compareWithReadelf, tableOf } from "./readelf-agreement.js";

const directory = temporaryDirectory();

const PROGRAM = `
#include <alloca.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
typedef double wide __attribute__((vector_size(32)));
__attribute__((noinline)) int realigned(int n) { volatile wide w = {n, 1, 2, 3}; return (int)w[0] + getpid(); }
__attribute__((noinline)) int growing(int n) { char *p = alloca(n); memset(p, n, n); return p[n / 2] + realigned(n); }
__attribute__((noinline)) int both(int n) { volatile wide w = {n}; char *p = alloca(n); memset(p, 1, n); return p[0] + (int)w[0]; }
__attribute__((noinline)) int large(int n) { volatile char big[100000]; big[n] = 1; return big[n] + getpid(); }
__attribute__((noinline, noreturn)) void leaves(int n) { _exit(n); }
static void handler(int s) { (void)s; }
int main(int argc, char **argv) {
  (void)argv;
  signal(SIGUSR1, handler);
  raise(SIGUSR1);
  if (vfork() == 0) _exit(0);
  wait(0);
  printf("%d %d %d\\n", growing(argc + 40), both(argc + 8), large(argc));
  leaves(0);
}
`;

/** Ways to compile, each with what else must be so. */
const WAYS: Record<string, string[]> = {
  "-O0": ["-O0"],
  "-O2": ["-O2", "-mavx"],
  "-O2 with frame pointers": ["-O2", "-mavx", "-fno-omit-frame-pointer"],
  "hardened linkage tables": ["-O2", "-fcf-protection=full", "-Wl,-z,ibtplt", "-Wl,-z,lazy"],
  "lazy linkage tables": ["-O2", "-Wl,-z,lazy"],
  "a static program: signals, clone, vfork": ["-O2", "-static"],
  "a fixed address": ["-O2", "-no-pie"],
  ".debug_frame alone": ["-O2", "-g", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables"],
  ".debug_frame, compressed": [
    "-O2",
    "-g",
    "-fno-asynchronous-unwind-tables",
    "-fno-unwind-tables",
    "-gz=zlib",
  ],
};

for (const [name, flags] of Object.entries(WAYS))
  test(`gcc's program agrees with readelf: ${name}`, async () => {
    const path = compile(directory, name.replaceAll(/\W+/g, "-"), ["-w", ...flags], PROGRAM);
    const found = await compareWithReadelf(path);
    assert.deepEqual(found.differences, []);
    assert.equal(found.unsupportedRows, 0);
    assert.ok(found.functions >= 8, `${found.functions} functions`);
  });

/** The kinds of rows that a program's table has, by their beginning. */
function kindsOf(path: string): Set<string> {
  const table = tableOf(path);
  return new Set(Array.from({ length: table.rows.length / 2 }, (_, row) => describeRow(table, row)));
}

test("what only the compiler and the C library bring is there", () => {
  const lazy = kindsOf(compile(directory, "lazy", ["-w", "-O2", "-mavx", "-Wl,-z,lazy"], PROGRAM));
  const has = (kinds: Set<string>, pattern: RegExp) => [...kinds].some((kind) => pattern.test(kind));
  assert.ok(lazy.has("plt11 u c-8"));
  assert.ok(has(lazy, /^rsp\+10\d{4} /), "a large frame");
  assert.ok(has(lazy, /^\*\(rbp-\d+\)\+0 |^rbp\+16 c-16/), "a realigned stack");
  const fixed = kindsOf(compile(directory, "static", ["-w", "-O2", "-static"], PROGRAM));
  assert.ok(fixed.has("end"), "_start and clone");
  assert.ok(fixed.has("*(rsp+160)+0 *(rsp+120) *(rsp+168)"), "the signal frame");
  assert.ok(has(fixed, /^rsp\+\d+ u rdi$/), "vfork");
});

test("a file without section headers has the same table, by its program headers", () => {
  const path = compile(directory, "whole", ["-w", "-O2"], PROGRAM);
  const bare = `${path}-bare`;
  const bytes = readFileSync(path);
  // e_shoff, then e_shnum and e_shstrndx
  writeFileSync(bare, bytes.fill(0, 40, 48).fill(0, 60, 64));
  const whole = tableOf(path);
  const without = tableOf(bare);
  assert.deepEqual(without.rows, whole.rows);
  assert.deepEqual(without.index, whole.index);
});
