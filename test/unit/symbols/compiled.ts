import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type ElfAids, ElfResolver } from "../../../bpf/symbols/elf-resolver.js";
import { fileFromDescriptor } from "../../../bpf/symbols/open-file.js";
import { isReason } from "../../../bpf/symbols/reason.js";

export const PROGRAM = `
#include <stdio.h>
__attribute__((noinline)) static int hidden_one(int n) { return n * 3 + 1; }
__attribute__((noinline)) int shown_two(int n) { return hidden_one(n) - 7; }
__attribute__((noinline)) int shown_three(int n) { int s = 0; for (int i = 0; i < n; i++) s += shown_two(i); return s; }
int weak_name(int) __attribute__((weak, alias("shown_three")));
int __underscored(int) __attribute__((alias("shown_three")));
int a_longer_name(int) __attribute__((alias("shown_three")));
__asm__(".text\\n.globl bare_assembly\\nbare_assembly:\\n nop\\n nop\\n nop\\n ret\\n");
int bare_assembly(void);
int main(int argc, char **argv) { (void)argv; bare_assembly(); printf("%d\\n", shown_three(argc + 3)); return 0; }
`;

/** Makes a directory that goes away with the test file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "symbols-"));
  after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Compiles C and returns the path of the program. */
export function compile(directory: string, name: string, flags: string[], source = PROGRAM): string {
  const output = join(directory, name);
  writeFileSync(`${output}.c`, source);
  execFileSync("gcc", ["-O1", "-g0", ...flags, "-o", output, `${output}.c`]);
  return output;
}

export function run(program: string, ...args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8", maxBuffer: 1 << 30 });
}

/** Opens a file for naming; throws if it cannot be. */
export function openElf(path: string, aids: ElfAids = {}): ElfResolver {
  const file = fileFromDescriptor(openSync(path, "r"));
  if (isReason(file)) throw new Error(`${path}: ${file}`);
  const resolver = ElfResolver.open(file, aids);
  if (isReason(resolver)) throw new Error(`${path}: ${resolver}`);
  return resolver;
}

/** Converts a virtual address to a file offset by what readelf says, independently of the code under test. */
export function offsetOf(path: string): (address: number) => number {
  const loads = [...run("readelf", "-lW", path).matchAll(/LOAD\s+(0x\w+)\s+(0x\w+)\s+0x\w+\s+(0x\w+)/g)];
  const segments = loads.map(([, offset, address, size]) => [Number(offset), Number(address), Number(size)]);
  return (address) => {
    const segment = segments.find(([, start, size]) => address >= start && address < start + size);
    if (!segment) throw new Error(`${path} loads nothing at ${address.toString(16)}`);
    return address - segment[1] + segment[0];
  };
}

export interface ReferenceSymbol {
  start: number;
  size: number;
  type: string;
  binding: string;
  name: string;
}

/** The defined symbols of both tables, as readelf lists them. */
export function readelfSymbols(path: string): ReferenceSymbol[] {
  const line = /^\s*\d+: ([0-9a-f]{16})\s+(\w+)\s+(\w+)\s+(\w+)\s+\w+\s+(?:\[.*?\]\s+)?(\d+)\s+([^@\s]+)/gm;
  return [...run("readelf", "-sW", path).matchAll(line)].map(([, start, size, type, binding, , name]) => ({
    start: Number.parseInt(start, 16),
    size: Number(size),
    type,
    binding,
    name,
  }));
}

/** A generator of numbers in [0, 1) that repeats for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}

/** Opens and closes a descriptor, to see that the lowest free number has not moved. */
export function lowestFreeDescriptor(): number {
  const fd = openSync("/proc/self/status", "r");
  closeSync(fd);
  return fd;
}
