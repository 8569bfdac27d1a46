import { execFileSync } from "node:child_process";
import { openSync } from "node:fs";
import { type DwarfFrame, DwarfLines } from "../../../../bpf/symbols/dwarf/dwarf-lines.js";
import { ElfFile } from "../../../../bpf/symbols/elf-file.js";
import { fileFromDescriptor } from "../../../../bpf/symbols/open-file.js";
import { isReason } from "../../../../bpf/symbols/reason.js";

/** One frame as a tool prints it: `function file:line`, unknown parts as `?`. */
export type Line = string;

/** Opens a file's DWARF; throws if that cannot be. */
export function openDwarf(path: string): { elf: ElfFile; dwarf: DwarfLines } {
  const file = fileFromDescriptor(openSync(path, "r"));
  if (isReason(file)) throw new Error(`${path}: ${file}`);
  const elf = ElfFile.read(file);
  if (isReason(elf)) throw new Error(`${path}: ${elf}`);
  const dwarf = DwarfLines.open(elf);
  if (isReason(dwarf)) throw new Error(`${path}: ${dwarf}`);
  return { elf, dwarf };
}

/** Every `step`th address of a file's code. */
export function codeAddresses(elf: ElfFile, step: number): number[] {
  return elf.sections
    .filter((section) => section.executable)
    .flatMap(({ address, size }) => Array.from({ length: Math.ceil(size / step) }, (_, i) => address + i * step));
}

/** The frames of an address the way the tools print them: innermost first. */
export function printed(frames: DwarfFrame[]): Line[] {
  return frames.map(({ name, file, line }) => `${name || "?"} ${file ?? "?"}:${line ?? "?"}`).reverse();
}

/** What `addr2line -i -f` of binutils says of each address. */
export function addr2line(path: string, addresses: number[]): Line[][] {
  const output = runWith("addr2line", ["-a", "-i", "-f", "-e", path], addresses);
  const frames: Line[][] = [];
  const lines = output.trimEnd().split("\n");
  for (let i = 0; i < lines.length; ) {
    if (/^0x[0-9a-f]{16}$/.test(lines[i])) {
      frames.push([]);
      i++;
      continue;
    }
    frames[frames.length - 1].push(frame(lines[i], lines[i + 1].replace(/ \(discriminator \d+\)$/, "")));
    i += 2;
  }
  return frames;
}

/** What llvm-symbolizer says of each address. */
export function llvmSymbolizer(path: string, addresses: number[]): Line[][] {
  const args = ["--obj", path, "--functions=linkage", "--inlines", "--no-demangle"].join(" ").split(" ");
  return runWith("llvm-symbolizer", args, addresses)
    .trimEnd()
    .split("\n\n")
    .map((block) => {
      const lines = block.split("\n");
      return lines.flatMap((line, i) =>
        i % 2 === 0 ? [frame(line, (lines[i + 1] ?? "??:0").replace(/:\d+$/, ""))] : [],
      );
    });
}

function runWith(command: string, args: string[], addresses: number[]): string {
  const input = `${addresses.map((address) => `0x${address.toString(16)}`).join("\n")}\n`;
  return execFileSync(command, args, { input, encoding: "utf8", maxBuffer: 1 << 30 });
}

function frame(name: string, place: string): Line {
  const [, file, line] = place.match(/^(.*):(\d+|\?)$/) ?? [];
  const known = (text: string | undefined) => (!text || /^\?+$/.test(text) ? "?" : text);
  return `${known(name)} ${known(file)}:${!line || line === "0" ? "?" : line}`;
}
