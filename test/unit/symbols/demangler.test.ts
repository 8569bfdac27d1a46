import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { describe, test } from "node:test";
import { demangler, MAX_DEMANGLED } from "../../../bpf/symbols/demangler.js";
import { withoutVersion } from "../../../bpf/symbols/symbol-name.js";
import { limitMemory } from "../../../bpf/symbols/wasm-memory.js";
import { compile, run, seededRandom, temporaryDirectory } from "./compiled.js";

const directory = temporaryDirectory();

/** `A<A<…>, A<…>>`, doubled `levels` times: a short name for a long one. */
function doubling(levels: number): string {
  let name = "_Z1f1AIiiE";
  for (let i = 1; i <= levels; i++) {
    const previous = `S${(i - 1).toString(36).toUpperCase()}_`;
    name += `S_I${previous}${previous}E`;
  }
  return name;
}

describe("demangler", () => {
  const names: Record<string, string> = {
    _ZN4node5StartEiPPc: "node::Start(int, char**)",
    _ZNKSt8functionIFviEEclEi: "std::function<void (int)>::operator()(int) const",
    _ZN4core3fmt5write17h0123456789abcdefE: "core::fmt::write",
    _ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE:
      "std::rt::lang_start::{{closure}}",
    _RNvC6_123foo3bar: "123foo::bar",
    _RINvNtCsfoo_3std2rt10lang_startuE: "std::rt::lang_start::<()>",
    "_ZN3FooC1Ev@plt": "Foo::Foo()@plt",
    // Others' names stay whole: C, Go, JavaScript, and what only looks mangled.
    main: "main",
    _start: "_start",
    "runtime.(*mheap).alloc": "runtime.(*mheap).alloc",
    _Z: "_Z",
    _Zebra: "_Zebra",
    _Rust: "_Rust",
    "?name@@YAXXZ": "?name@@YAXXZ",
    "": "",
  };
  for (const [name, shown] of Object.entries(names)) {
    test(`${name || "nothing"} is ${shown || "nothing"}`, () =>
      assert.equal(demangler.demangle(name), shown));
  }

  test("agrees with c++filt on the C++ library's own functions", () => {
    const library = run("g++", "-print-file-name=libstdc++.so.6").trim();
    const mangled = [...run("nm", "-D", "--defined-only", library).matchAll(/ T (_Z[^@\s]+)/g)].map(
      ([, name]) => name,
    );
    assert.ok(mangled.length > 1000);
    const expected = execFileSync("c++filt", { input: mangled.join("\n"), encoding: "utf8" }).split("\n");
    // Two demanglers put spaces, casts and default arguments differently; the function is the same.
    const words = (name: string) => name.replaceAll(/[^\w~]/g, "");
    const differing = mangled.filter((name, i) => words(demangler.demangle(name)) !== words(expected[i]));
    const share = differing.length / mangled.length;
    console.log(`${differing.length} of ${mangled.length} C++ names differ from c++filt`);
    assert.ok(share < 0.1, `${differing.length} differ: ${differing.slice(0, 5).join(" ")}`);
  });

  test("leaves a name that stands for gigabytes, quickly, and goes on", () => {
    for (const levels of [12, 15, 20, 30, 60]) {
      const name = doubling(levels);
      const before = performance.now();
      const shown = demangler.demangle(name);
      const tookMs = performance.now() - before;
      assert.ok(tookMs < 1000, `${tookMs} ms`);
      assert.ok(shown.length <= MAX_DEMANGLED);
      assert.equal(shown === name, levels >= 15, shown.slice(0, 80));
      assert.equal(demangler.demangle(`_Z3foo${"i".repeat(levels)}`).slice(0, 7), "foo(int");
    }
    assert.deepEqual(demangler.notes(), []);
  });

  test("takes 10,000 damaged names without an exception, each within a second", () => {
    const library = run("g++", "-print-file-name=libstdc++.so.6").trim();
    const mangled = [...run("nm", "-D", library).matchAll(/ (_Z[^@\s]+)/g)].map(([, name]) => name);
    const random = seededRandom(4);
    const pick = (below: number) => Math.floor(random() * below);
    let slowestMs = 0;
    for (let round = 0; round < 10_000; round++) {
      const letters = [...mangled[pick(mangled.length)]];
      for (let change = 1 + pick(8); change > 0; change--) {
        const at = 2 + pick(letters.length - 2);
        if (change % 3 === 0) letters.splice(at, 1 + pick(4));
        else if (change % 3 === 1) letters[at] = String.fromCharCode(33 + pick(94));
        else letters.splice(at, 0, ...letters.slice(at, at + pick(40)), ...letters.slice(2, 2 + pick(20)));
      }
      const before = performance.now();
      const shown = demangler.demangle(letters.join(""));
      slowestMs = Math.max(slowestMs, performance.now() - before);
      assert.ok(shown.length > 0 && shown.length <= Math.max(MAX_DEMANGLED, letters.length));
    }
    console.log(`10,000 damaged names, slowest ${slowestMs.toFixed(1)} ms`);
    assert.ok(slowestMs < 1000);
  });

  test("names a Rust program's functions without their hashes", (t) => {
    const source = `${directory}/rusty.rs`;
    compile(directory, "rusty", [], "int main(void) { return 0; }"); // the directory is there
    run(
      "sh",
      "-c",
      `printf '%s' 'mod inner { pub fn busy(n: u64) -> u64 { n * 3 } } fn main() { println!("{}", inner::busy(4)); }' > ${source}`,
    );
    try {
      run("rustc", "--version");
    } catch {
      return t.skip("no Rust compiler");
    }
    for (const [version, flags] of [
      ["legacy", []],
      ["v0", ["-C", "symbol-mangling-version=v0"]],
    ] as const) {
      run("rustc", ...flags, "-C", "opt-level=0", "-o", `${directory}/rusty-${version}`, source);
      const raw = [...run("nm", `${directory}/rusty-${version}`).matchAll(/ t (_\S*busy\S*)/g)][0][1];
      assert.equal(demangler.demangle(raw), `rusty::inner::busy`, `${version}: ${raw}`);
    }
  });
});

test("versions are no part of names", () => {
  const names = [
    "read@@GLIBC_2.2.5",
    "read@GLIBC_2.2.5",
    "x@@V",
    "puts@plt",
    "?f@@YAXXZ",
    "@a",
    "a@",
    "a@@1",
  ];
  assert.deepEqual(names.map(withoutVersion), ["read", "read", "x", "puts", "?f@@YAXXZ", "@a", "a@", "a@@1"]);
});

test("limitMemory refuses modules of another form", () => {
  const none = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const bounded = Uint8Array.from([...none, 5, 4, 1, 1, 1, 9]);
  const open = Uint8Array.from([...none, 5, 3, 1, 0, 1]);
  for (const module of [none, bounded, open.subarray(0, 10)]) assert.throws(() => limitMemory(module, 3));
  assert.deepEqual([...limitMemory(open, 300)], [...none, 5, 5, 1, 1, 1, 0xac, 2]);
});
