import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const sources = fileURLToPath(new URL("../../../test/fixtures/", import.meta.url));
const multiarch = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }[process.arch as "x64" | "arm64"];
const target = { x64: "x86", arm64: "arm64" }[process.arch as "x64" | "arm64"];
const built = new Map<string, string>();
let folder: string | undefined;

/** Compiles test/fixtures/NAME.bpf.c, once, and returns the object's path. */
export function fixture(name: string): string {
  const known = built.get(name);
  if (known !== undefined) return known;
  folder ??= mkdtempSync(join(tmpdir(), "libbpf-ts-"));
  const object = join(folder, `${name}.bpf.o`);
  const options = ["-g", "-O2", "-Wall", "-target", "bpf", `-D__TARGET_ARCH_${target}`];
  const include = `-I/usr/include/${multiarch}`;
  execFileSync("clang", [...options, include, "-c", join(sources, `${name}.bpf.c`), "-o", object]);
  built.set(name, object);
  return object;
}

process.on("exit", () => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
});
