import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { libbpf, libc } from "../src/ffi.js";
import { libbpfPrototypes } from "../src/prototypes.js";

const headers = ["libbpf.h", "bpf.h", "btf.h"]
  .map((name) => readFileSync(`/usr/include/bpf/${name}`, "utf8"))
  .join("\n")
  .replace(/\/\*.*?\*\//gs, "");

interface Signature {
  result: string;
  parameters: string[];
}

/** What a C type is to the calling convention. */
function convention(type: string): string {
  const words = type.replace(/\b(const|struct|enum|LIBBPF_API)\b/g, "").trim();
  // A callback type is a pointer; an enum is an int.
  if (words.includes("*") || words.endsWith("_fn_t") || /_fn_t \w+$/.test(words)) return "pointer";
  if (/^(enum|int|__s32)\b/.test(words) || /\benum\b/.test(type)) return "int";
  if (/^(__u32|uint32_t)\b/.test(words)) return "u32";
  if (/^(__u64|uint64_t)\b/.test(words)) return "u64";
  return words.split(/\s/)[0];
}

function declared(name: string): Signature {
  const match = new RegExp(`LIBBPF_API([^;(]*?)\\b${name}\\(([^)]*)\\)`).exec(headers);
  assert.ok(match, `${name} is declared`);
  return { result: convention(match[1]), parameters: split(match[2]) };
}

const split = (list: string): string[] =>
  list.trim() === "void" ? [] : list.split(",").map((parameter) => convention(parameter));

for (const [name, prototype] of Object.entries(libbpfPrototypes)) {
  test(`${name} is declared as in the headers`, () => {
    const open = prototype.indexOf("(");
    assert.deepEqual(
      { result: convention(prototype.slice(0, open)), parameters: split(prototype.slice(open + 1, -1)) },
      declared(name),
    );
  });
}

test("koffi is imported in one file", () => {
  const sources = new URL("../src/", import.meta.url);
  const importers = readdirSync(sources).filter(
    (name) => name.endsWith(".js") && /from "koffi"/.test(readFileSync(new URL(name, sources), "utf8")),
  );
  assert.deepEqual(importers, ["ffi.js"]);
});

test("a number is never taken for a pointer", () => {
  const call = libbpf() as unknown as Record<string, (...args: unknown[]) => unknown>;
  assert.throws(() => call.bpf_object__open_file(4096, null), {
    name: "TypeError",
    message: "bpf_object__open_file: number given for const char *path",
  });
  assert.throws(() => call.bpf_object__open_file(4096n, null), TypeError);
  assert.throws(() => call.bpf_object__load(4096), TypeError);
  assert.throws(() => call.bpf_map_lookup_elem(0, 4096, new Uint8Array(8)), TypeError);
  assert.throws(() => call.bpf_object__load(undefined), TypeError);
  assert.throws(() => call.bpf_object__load(), TypeError);
  const c = libc() as unknown as Record<string, (...args: unknown[]) => unknown>;
  assert.throws(() => c.munmap(4096, 4096), TypeError);
});
