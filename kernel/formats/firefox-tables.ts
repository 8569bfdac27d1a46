import { codeOfModule } from "./code-kind.js";
import type { JsonNode } from "./json-node.js";
import type { NewFrame, ProfileBuilder } from "./profile-builder.js";

/** Bits of the flags that stand for columns since versions 71 and 75. */
const FRAME = { inlined: 1, library: 2, line: 16 } as const;
const FUNCTION = { isJs: 1, resource: 4, source: 8, line: 16, column: 32 } as const;

/** Rows of the builder's frames, one for each row of the frame table. */
export function firefoxFrames(root: JsonNode, tables: JsonNode, builder: ProfileBuilder): number[] {
  const shared = root.member("shared");
  const hasStrings = !shared.isMissing && !shared.member("stringArray").isMissing;
  const strings = (hasStrings ? shared : tables).member("stringArray");
  const text = (row: unknown, at: JsonNode): string => {
    const [found] = at.child([row], "").rows(strings.list().length);
    return strings.child(strings.list()[found], `[${found}]`).text();
  };
  const functions = tables.member("funcTable");
  const frames = tables.member("frameTable");
  const libs = root.member("libs").isMissing ? root.child([], ".libs") : root.member("libs");
  const func = frames.member("func").rows(functions.member("name").list().length);
  const [funcFlags, frameFlags] = [column(functions, "flags"), column(frames, "flags")];
  const inlineDepth = column(frames, "inlineDepth");
  const frameLib = column(frames, "lib");
  const known = new Map<string, NewFrame>();

  const functionAt = (row: number, lib: number): NewFrame => {
    const flags = funcFlags ? Number(funcFlags[row]) : undefined;
    const has = (bit: number) => flags === undefined || (flags & bit) !== 0;
    const isJs =
      flags === undefined ? column(functions, "isJS")?.[row] === true : (flags & FUNCTION.isJs) !== 0;
    const path = isJs ? "" : libPath(lib);
    const { module, kind } = codeOfModule(path);
    const line = has(FUNCTION.line) ? positive(column(functions, "lineNumber")?.[row]) : null;
    return {
      name: text(functions.member("name").list()[row], functions.member("name").child(row, `[${row}]`)),
      module: isJs ? "[jit]" : module,
      kind: isJs ? "jit" : kind,
      file: has(FUNCTION.source) ? fileOf(row) : null,
      line,
      column: has(FUNCTION.column) ? positive(column(functions, "columnNumber")?.[row]) : null,
    };
  };
  const libPath = (lib: number): string => {
    if (lib < 0) return "";
    const [found] = libs.child([lib], "").rows(libs.list().length);
    const node = libs.child(libs.list()[found], `[${found}]`);
    return node.member("path").text(node.member("name").text(""));
  };
  const fileOf = (row: number): string | null => {
    const [file, source] = [column(functions, "fileName")?.[row], column(functions, "source")?.[row]];
    if (typeof file === "number") return text(file, functions.member("fileName"));
    if (typeof source !== "number") return null;
    const names = shared.member("sources").member("filename");
    const [at] = functions.member("source").child([source], `[${row}]`).rows(names.list().length);
    return text(names.list()[at], names);
  };
  const libOf = (row: number): number => {
    if (frameLib)
      return (Number(frameFlags?.[row] ?? FRAME.library) & FRAME.library) !== 0
        ? rowOrNone(frameLib[row])
        : -1;
    const resource = rowOrNone(column(functions, "resource")?.[func[row]]);
    const libraries = tables.member("resourceTable").member("lib").list();
    return resource >= 0 && resource < libraries.length ? rowOrNone(libraries[resource]) : -1;
  };
  return func.map((functionRow, row) => {
    const lib = libOf(row);
    const found = known.get(`${functionRow}:${lib}`) ?? functionAt(functionRow, lib);
    known.set(`${functionRow}:${lib}`, found);
    const isInlined =
      frameFlags && !inlineDepth
        ? (Number(frameFlags[row]) & FRAME.inlined) !== 0
        : Number(inlineDepth?.[row] ?? 0) > 0;
    const line = found.line ?? positive(column(frames, "line")?.[row]);
    return builder.frame({
      ...found,
      line: found.file === null ? null : line,
      ...(isInlined ? { kind: "inlined" as const } : {}),
    });
  });
}

/** The prefix tree, with -1 above a root. Since version 66 a row says how far before it its parent is. */
export function firefoxStacks(tables: JsonNode, frames: number): { frame: number[]; prefix: number[] } {
  const table = tables.member("stackTable");
  const frame = table.member("frame").rows(frames);
  const offsets = table.member("prefixOffset");
  const prefix = offsets.isMissing
    ? table.member("prefix").rows(frame.length, { nullable: true })
    : offsets.numbers().map((offset, row) => (offset === 0 ? -1 : row - offset));
  if (prefix.length !== frame.length) table.fail(`expected ${frame.length} prefixes, got ${prefix.length}`);
  for (const [row, parent] of prefix.entries())
    if (!Number.isInteger(parent) || parent < -1 || parent >= row)
      table.child(parent, `[${row}]`).fail("expected a prefix before its stack");
  return { frame, prefix };
}

function column(table: JsonNode, name: string): unknown[] | undefined {
  const node = table.member(name);
  return node.isMissing ? undefined : node.list();
}

function rowOrNone(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) ? value : -1;
}

function positive(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : null;
}
