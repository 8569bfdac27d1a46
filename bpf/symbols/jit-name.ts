/** What a JIT's name for a piece of code says about its source. */
export interface JitName {
  name: string;
  file?: string;
  /** Line and column of the function's beginning, counted from 1. */
  line?: number;
  column?: number;
}

/** Name of a function that has none. */
export const ANONYMOUS = "(anonymous)";
/** Name of the top level of a script, a module or an `eval`. */
export const TOP_LEVEL = "(top level)";

/** Code created from source, the kind of code, and how it was compiled: `~` interpreted, `^` `+` `*` by a compiler. */
const JAVASCRIPT = /^(JS|LazyCompile|Function|Script|Eval):[~^+*]?'?(.*)$/s;
const POSITION = /^(.*):(\d{1,9}):(\d{1,9})$/s;
/** Where a file begins: an absolute path, a URL or another name with a scheme (`node:fs`), `evalmachine.<anonymous>`. */
const FILE = / (?=\/|[a-z][a-z0-9+.-]*:|evalmachine\.)/;

/** Takes apart a name of a perf map, of V8 or CPython; other names are kept as they are. */
export function parseJitName(raw: string): JitName {
  return raw.startsWith("py::") ? parsePythonName(raw) : parseV8Name(raw);
}

/**
 * Takes apart a name as V8 writes it: `JS:*fib file:///a/b.ts:10:5` is `fib` in `file:///a/b.ts`, line 10.
 *
 * Names of V8's own code (`Builtin:ArrayMap`, `RegExp:a+b`) stay whole. Names and files may contain spaces; the file
 * begins at the first thing that looks like one, else behind the first space.
 */
export function parseV8Name(raw: string): JitName {
  const match = JAVASCRIPT.exec(raw);
  if (!match) return { name: raw };
  const unnamed = match[1] === "Script" || match[1] === "Eval" ? TOP_LEVEL : ANONYMOUS;
  const position = POSITION.exec(match[2]);
  if (!position) return { name: match[2].trim() || unnamed };
  const whole = position[1];
  const space = splitAt(whole);
  const file = whole.slice(space + 1);
  return {
    name: whole.slice(0, Math.max(space, 0)) || unnamed,
    ...(file ? { file } : {}),
    line: Number(position[2]),
    column: Number(position[3]),
  };
}

/** Position of the space between name and file. */
function splitAt(text: string): number {
  if (text.startsWith(" ")) return 0;
  const file = text.search(FILE);
  if (file >= 0) return file;
  const accessor = /^(?:get|set|bound) /.exec(text);
  return text.indexOf(" ", accessor ? accessor[0].length : 0);
}

/** Takes apart a name as CPython writes it with `-X perf`: `py::Class.method:/path/file.py`. */
function parsePythonName(raw: string): JitName {
  const colon = raw.indexOf(":", 4);
  if (colon < 0) return { name: raw.slice(4) || ANONYMOUS };
  const file = raw.slice(colon + 1);
  return { name: raw.slice(4, colon) || ANONYMOUS, ...(file ? { file } : {}) };
}
