import { callGraph, cgo, cgoCallback, exceptions, goroutines, musl, release } from "./workloads.js";

/** A program of test/workloads, and which of its functions can be directly under which, other code between left out. */
export interface CallGraph {
  readonly name: string;
  program(): string;
  /** The program's own function that a frame's name stands for; `undefined` for other code. */
  ownFunction(name: string): string | undefined;
  /** Functions with nothing of the program's own above them. */
  readonly roots: readonly string[];
  readonly calls: Readonly<Record<string, readonly string[]>>;
}

/** The first group of the pattern, in a name as the compiler wrote it or demangled. */
function byPattern(pattern: RegExp): (name: string) => string | undefined {
  return (name) =>
    pattern
      .exec(name)
      ?.slice(1)
      .find((group) => group !== undefined);
}

const C_CALLS = {
  main: ["turn"],
  turn: ["next_random", "recurse", "many_registers", "by_pointer"],
  recurse: ["recurse", "aligned_frame", "next_random"],
  many_registers: ["spin", "jumps_away"],
  by_pointer: ["aligned_frame", "large_frame", "sort_some", "jumps_away", "spin"], // spin: jumps_away has left
  aligned_frame: ["variable_frame"],
  variable_frame: ["spin"],
  large_frame: ["spin"],
  sort_some: ["next_random", "compare"],
};

export const CALL_GRAPHS: readonly CallGraph[] = [
  {
    name: "C without frame pointers",
    program: callGraph,
    ownFunction: byPattern(
      /^(main|turn|recurse|many_registers|by_pointer|jumps_away|(?:aligned|variable|large)_frame|sort_some|compare|next_random|spin)$/,
    ),
    roots: ["main"],
    calls: C_CALLS,
  },
  ...[[], ["-static"]].map((options) => ({
    name: ["C in functions of musl", ...options].join(" "),
    program: () => musl(...options),
    ownFunction: byPattern(/^(main|turn|compare|(?:sort|format|copy|allocate|parse|match)_some)$/),
    roots: ["main"],
    calls: {
      main: ["turn"],
      turn: ["sort_some", "format_some", "copy_some", "allocate_some", "parse_some", "match_some"],
      sort_some: ["compare"],
    },
  })),
  {
    name: "C++ with exceptions",
    program: exceptions,
    // A call on its way through the PLT is in no function yet.
    ownFunction: (name) =>
      name.endsWith("@plt")
        ? undefined
        : byPattern(
            /^(main)$|^_ZL?\d+(attempt|visit|measure|shape_of)|^_ZN\w*(?:Square|Circle)\d(area)|^_ZN\w*\d(steps)|^(?:\(anonymous namespace\)::)?(?:(?:Square|Circle)::)?(attempt|visit|measure|shape_of|area|steps)\(/,
          )(name),
    roots: ["main"],
    calls: {
      main: ["attempt"],
      attempt: ["visit"],
      visit: ["measure", "shape_of"],
      measure: ["area"],
      area: ["steps"],
    },
  },
  {
    name: "Rust",
    program: release,
    ownFunction: byPattern(
      /^(?:_ZN7release\d+|release(?:\[\w+\])?::)(main|descend|sort_steps|key_of|burn)|(?:^<release.*>::|^_ZN\d+_\$LT\$release.*\$GT\$\d)(step)/,
    ),
    roots: ["main"],
    calls: {
      main: ["descend"],
      descend: ["descend", "sort_steps"],
      sort_steps: ["sort_steps", "key_of"], // itself: its closure bears its name
      key_of: ["step"],
      step: ["burn"],
    },
  },
  {
    name: "Go",
    program: goroutines,
    ownFunction: byPattern(/^main\.(main|descend|serve|burn)$|^main\.main\.(?:(gowrap|func)\d+)$/),
    roots: ["main", "gowrap", "func", "serve"],
    calls: {
      main: ["descend"],
      descend: ["descend", "burn"],
      gowrap: ["serve"],
      func: ["serve"],
      serve: ["burn"],
    },
  },
  {
    name: "Go that calls C",
    program: cgo,
    ownFunction: byPattern(/^main\.(main|callC|_Cfunc_c_descend)(?:\.abi0)?$|^(c_descend|c_burn)$/),
    roots: ["main"],
    calls: {
      main: ["callC"],
      callC: ["callC", "_Cfunc_c_descend"],
      _Cfunc_c_descend: ["c_descend"],
      c_descend: ["c_descend", "c_burn"],
    },
  },
  {
    name: "Go that C calls back",
    program: cgoCallback,
    ownFunction: byPattern(
      /^main\.(main|visit|goVisit|grow|burn|_Cfunc_c_visit)(?:\.abi0)?$|^main\.main\.(func)\d+$|^(c_visit|c_burn)$/,
    ),
    roots: ["main", "func"],
    calls: {
      func: ["visit"],
      visit: ["_Cfunc_c_visit"],
      _Cfunc_c_visit: ["c_visit"],
      c_visit: ["c_visit", "c_burn", "goVisit"],
      goVisit: ["grow"],
      grow: ["grow", "burn"],
    },
  },
];

/** What is wrong with a stack (names joined by `;`, root first), or `undefined` when it is a path in the graph. */
export function offence(graph: CallGraph, text: string, isComplete: boolean): string | undefined {
  const chain = text
    .split(";")
    .map(graph.ownFunction)
    .filter((name) => name !== undefined);
  if (isComplete && chain.length > 0 && !graph.roots.includes(chain[0])) return `${chain[0]} is no root`;
  for (let i = 1; i < chain.length; i++)
    if (!graph.calls[chain[i - 1]]?.includes(chain[i])) return `${chain[i - 1]} does not call ${chain[i]}`;
  return undefined;
}
