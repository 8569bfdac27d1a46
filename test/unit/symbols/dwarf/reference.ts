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
    .flatMap(({ address, size }) =>
      Array.from({ length: Math.ceil(size / step) }, (_, i) => address + i * step),
    );
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

/** How frames agree with what two tools say of the same addresses. */
export interface Agreement {
  addresses: number;
  /** Frames of which binutils says the same. */
  frames: number;
  /** Frames of which it says something else, and llvm-symbolizer the same as we. */
  byLlvm: number;
  /** Addresses with a frame that none of them has, or with another number of frames; as text to look at. */
  differences: string[];
}

/**
 * Compares the frames of addresses with those of `addr2line -i -f`, and where it differs with those of llvm-symbolizer.
 *
 * The innermost line has to be that of addr2line. Known differences, in which ours is right:
 * - The tools take the outermost name from the symbol table, which tells clones (`f.cold`) and mangles local names.
 * - addr2line writes that name over the innermost inlined function, too, where this one has no linkage name.
 * - addr2line 2.40 gives the first row of a function another file of a DWARF 5 table; llvm-symbolizer does not.
 * - addr2line 2.40 does not know the range lists that clang refers to by index, and misses what is inlined by them.
 * - Where there is no line, they still name the symbol and its file; that is no work of DWARF.
 */
export function compare(path: string, addresses: number[], dwarf: DwarfLines): Agreement {
  const binutils = addr2line(path, addresses);
  const llvm = llvmSymbolizer(path, addresses);
  const symbols = symbolNames(path);
  const result: Agreement = { addresses: addresses.length, frames: 0, byLlvm: 0, differences: [] };
  addresses.forEach((address, i) => {
    const ours = printed(dwarf.frames(address));
    if (ours.length === 0 && binutils[i].every((line) => line.endsWith(":?"))) return;
    const names = (theirs: Line[], mayRepeatRoot: boolean) => (frame: Line, f: number) =>
      theirs.length === ours.length &&
      sameName(frame, theirs[f], f === ours.length - 1, mayRepeatRoot && f === 0, symbols);
    const places = (theirs: Line[]) => (frame: Line, f: number) =>
      theirs.length === ours.length && placeOf(frame) === placeOf(theirs[f]);
    const [nameA, nameL] = [ours.map(names(binutils[i], true)), ours.map(names(llvm[i], false))];
    const [placeA, placeL] = [ours.map(places(binutils[i])), ours.map(places(llvm[i]))];
    const isSame =
      ours.length > 0 &&
      lineOf(binutils[i][0]) === lineOf(ours[0]) &&
      ours.every((_, f) => (nameA[f] || nameL[f]) && (placeA[f] || placeL[f]));
    const both = ours.filter((_, f) => nameA[f] && placeA[f]).length;
    result.frames += both;
    result.byLlvm += ours.length - both;
    if (isSame) return;
    const text = [["ours", ours] as const, ["addr2line", binutils[i]] as const, ["llvm", llvm[i]] as const];
    result.differences.push(
      [`0x${address.toString(16)}`, ...text.map(([who, lines]) => `${who}: ${lines.join(" < ")}`)].join(
        "\n  ",
      ),
    );
  });
  return result;
}

function sameName(
  ours: Line,
  theirs: Line,
  isRoot: boolean,
  isInnermost: boolean,
  symbols: Set<string>,
): boolean {
  const [name, reference] = [nameOf(ours), nameOf(theirs)];
  if (name === reference || name.endsWith(`::${reference}`)) return true;
  if (!symbols.has(reference)) return false;
  if (name === "?") return isRoot; // Assembly, or a function that the compiler described nowhere.
  const plain = name.replace(/<.*/, "").split("::").pop() ?? "";
  return (isRoot && reference.includes(plain)) || (isInnermost && !name.startsWith("_Z"));
}

const nameOf = (line: Line) => line.slice(0, line.lastIndexOf(" "));
const placeOf = (line: Line) => line.slice(line.lastIndexOf(" ") + 1);
const lineOf = (line: Line) => line.slice(line.lastIndexOf(":") + 1);

function symbolNames(path: string): Set<string> {
  const table = execFileSync("nm", ["-a", path], { encoding: "utf8", maxBuffer: 1 << 30 });
  return new Set(table.split("\n").map((line) => line.slice(line.lastIndexOf(" ") + 1)));
}
