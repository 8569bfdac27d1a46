import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { signed } from "./describe-row.js";

/** A function as readelf interprets it. */
export interface ReferenceFunction {
  start: number;
  /** Exclusive. */
  end: number;
  /** Columns of its rows by name, and its rows; without rows of its own, the row of its CIE. */
  columns: string[];
  rows: { pc: number; cells: string[] }[];
}

/** Reads `readelf --debug-dump=frames-interp` as it comes and gives each function. */
export async function eachFunction(path: string, visit: (found: ReferenceFunction) => void): Promise<void> {
  const cies = new Map<string, ReferenceFunction>();
  let current: ReferenceFunction | undefined;
  let isCie = false;
  const finish = () => {
    if (current && !isCie) visit(current);
    current = undefined;
  };
  for await (const line of dump(path, "frames-interp")) {
    const head =
      /^([0-9a-f]{8,}) [0-9a-f]{16} [0-9a-f]+ (CIE|FDE cie=([0-9a-f]+) pc=([0-9a-f]+)\.\.([0-9a-f]+))/.exec(
        line,
      );
    if (head) {
      finish();
      const [, offset, , cie, start, end] = head;
      isCie = cie === undefined;
      const of = isCie ? undefined : cies.get(cie);
      current = {
        start: Number.parseInt(start ?? "0", 16),
        end: Number.parseInt(end ?? "0", 16),
        columns: of?.columns ?? [],
        rows: (of?.rows ?? []).map(({ cells }) => ({ pc: Number.parseInt(start, 16), cells })),
      };
      if (isCie) cies.set(offset, current);
      continue;
    }
    if (!current || line === "") continue;
    // A register that is in another one: "r8 (r8)".
    const cells = line
      .replace(/ \(\w+\)/g, "")
      .trim()
      .split(/\s+/);
    if (cells[0] === "LOC") {
      current.columns = cells.slice(1);
      current.rows = [];
    } else if (/^[0-9a-f]{16}$/.test(cells[0]))
      current.rows.push({ pc: Number.parseInt(cells[0], 16), cells: cells.slice(1) });
  }
  finish();
}

/** Expressions by the start of their function: where they are set, for what, and their formula. */
export type Expressions = Map<number, { pc: number; column: string; formula: string }[]>;

/** Reads the expressions that `frames-interp` shows only as "exp" from `readelf --debug-dump=frames`. */
export async function readExpressions(path: string): Promise<Expressions> {
  const found: Expressions = new Map();
  let start = 0;
  let pc = 0;
  for await (const line of dump(path, "frames")) {
    const head = /FDE cie=[0-9a-f]+ pc=([0-9a-f]+)/.exec(line);
    const advance = /DW_CFA_advance_loc\d?: \d+ to ([0-9a-f]+)/.exec(line);
    const expression = /DW_CFA_(?:def_cfa_expression|expression: r\d+ \((\w+)\)) \((DW_OP.*)\)$/.exec(line);
    if (head) start = pc = Number.parseInt(head[1], 16);
    else if (advance) pc = Number.parseInt(advance[1], 16);
    else if (expression) {
      const list = found.get(start) ?? [];
      found.set(start, list);
      const column = expression[1] === "rip" ? "ra" : (expression[1] ?? "CFA");
      list.push({ pc, column, formula: formulaOf(expression[2], column) });
    }
  }
  return found;
}

/** The forms in use, by their text. */
function formulaOf(text: string, column: string): string {
  const plt =
    /^DW_OP_breg7 \(rsp\): 8; DW_OP_breg16 \(rip\): 0; DW_OP_lit15; DW_OP_and; DW_OP_lit(\d+); DW_OP_ge; DW_OP_lit3; DW_OP_shl; DW_OP_plus$/.exec(
      text,
    );
  if (plt) return `plt${plt[1]}`;
  const indexed =
    /^DW_OP_breg\d+ \((\w+)\): (-?\d+); DW_OP_breg\d+ \((\w+)\): 0; DW_OP_lit8; DW_OP_mul; DW_OP_plus; DW_OP_deref; DW_OP_plus_uconst: (\d+)$/.exec(
      text,
    );
  if (indexed) return `*(${indexed[1]}${signed(Number(indexed[2]))}+${indexed[3]}*8)+${indexed[4]}`;
  const deref = /^DW_OP_breg\d+ \((\w+)\): (-?\d+); DW_OP_deref(?:; DW_OP_plus_uconst: (\d+))?$/.exec(text);
  if (deref) return `*(${deref[1]}${signed(Number(deref[2]))})+${deref[3] ?? 0}`;
  const place = /^DW_OP_breg\d+ \((\w+)\): (-?\d+)$/.exec(text);
  if (place && column !== "CFA") return `*(${place[1]}${signed(Number(place[2]))})`;
  return `unknown: ${text}`;
}

function dump(path: string, what: string): AsyncIterable<string> {
  const child = spawn("readelf", [`--debug-dump=${what}`, path], { stdio: ["ignore", "pipe", "ignore"] });
  return createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY });
}
