import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ElfFile, PT_LOAD } from "../../../bpf/symbols/elf-file.js";
import { fileFromBytes } from "../../../bpf/symbols/open-file.js";
import { buildUnwindTable } from "../../../bpf/unwind/table-builder.js";
import { Machine, REGISTERS } from "./walk-host.js";

const SOURCE = fileURLToPath(new URL("../../../../test/unit/programs/snapshot.c", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "snapshot-"));
after(() => rmSync(directory, { recursive: true, force: true }));

/** What the program said of itself at its end. */
function snapshot(flags: readonly string[]) {
  const program = join(directory, `snapshot${flags.join("")}`);
  execFileSync("gcc", ["-O2", "-g0", "-fno-optimize-sibling-calls", ...flags, SOURCE, "-o", program]);
  const lines = execFileSync(program, { encoding: "utf8", maxBuffer: 1 << 28 }).split("\n");
  const words = (name: string): string[] => {
    const line = lines.find((candidate) => candidate.startsWith(`${name} `));
    assert.ok(line, name);
    return line.split(" ").slice(1);
  };
  const hex = (text: string): number => Number.parseInt(text, 16);
  const mappings = lines.flatMap((line) => {
    const match = /^(\w+)-(\w+) r.xp (\w+) \S+ \d+ +(\/.*)$/.exec(line);
    return match ? [{ start: hex(match[1]), end: hex(match[2]), offset: hex(match[3]), path: match[4] }] : [];
  });
  const registers = Object.fromEntries(words("registers").map((word, i) => [REGISTERS[i], hex(word)]));
  const [stackStart, stackBytes] = words("stack");
  return { registers, returns: words("returns").map(hex), mappings, stack: hex(stackStart), stackBytes };
}

for (const flags of [
  ["-fomit-frame-pointer"],
  ["-fno-omit-frame-pointer"],
  ["-fcf-protection=full", "-fomit-frame-pointer"],
  ["-static", "-fomit-frame-pointer"],
]) {
  test(`a real stack, by the tables of its own files: ${flags.join(" ")}`, () => {
    const { registers, returns, mappings, stack, stackBytes } = snapshot(flags);
    const machine = new Machine().code(stack, stackBytes);
    for (const { start, end, offset, path } of mappings) {
      const elf = ElfFile.read(fileFromBytes(readFileSync(path)));
      assert.ok(typeof elf === "object", path);
      const segment = elf.segments.find(
        (candidate) =>
          candidate.type === PT_LOAD &&
          candidate.executable &&
          offset < candidate.offset + candidate.size &&
          candidate.offset < offset + (end - start),
      );
      const table = buildUnwindTable(elf);
      assert.ok(segment && typeof table === "object", path);
      machine.table(start, end, start - offset + segment.offset - segment.address, table);
    }
    const walk = machine.walk(registers);
    assert.equal(walk.end, "complete");
    // Every function's own account is there, in order; between two of them may be the library's frames.
    const found = walk.frames.filter((frame) => returns.includes(frame));
    assert.deepEqual(found, returns);
    assert.equal(walk.frames[0], registers.rip);
    const inLibrary = walk.frames.length - 1 - returns.length;
    assert.ok(inLibrary >= 3 && inLibrary <= 8, `${inLibrary} frames of the library`);
  });
}
