import assert from "node:assert/strict";
import { test } from "node:test";
import * as layout from "../../../bpf/unwind/layout.js";
import type { UnwindTable } from "../../../bpf/unwind/unwind-table.js";
import { walk } from "../../../bpf/unwind/walk.js";
import type { WalkMapping } from "../../../bpf/unwind/walk-frame.js";
import { seededRandom } from "../symbols/compiled.js";
import { ALL_REGISTERS, KIND, LEAF, Machine, REGISTERS, type Walk } from "./walk-host.js";

/** Worlds with code, tables and a stack, and walks in each. */
const WORLDS = 60;
const WALKS = 200;

/** Pages side by side, all of which the walk in user space has, too: code, then the stack. */
const PAGE = 0x1000;
const TEXT = 0x40_0000;
const OTHERS: Record<number, { kind: number; name: WalkMapping["kind"] }> = {
  [TEXT + PAGE]: { kind: KIND.anonymous, name: "anonymous" },
  [TEXT + 2 * PAGE]: { kind: KIND.noTable, name: "no-table" },
  [TEXT + 3 * PAGE]: { kind: KIND.python, name: "python" },
};
const CODE_STARTS = [TEXT, ...Object.keys(OTHERS).map(Number)];
const STACK = TEXT + CODE_STARTS.length * PAGE;
const STACK_WORDS = PAGE / 8;
const CFA_KINDS = 9;

/** What code may be looked at for: prologues, epilogues, trampolines, a system call. */
const CODE = [
  ...["55", "4889e5", "488bec", "5dc3", "c3", "c21000", "f30f1efa", "4883c408c3", "4883ec08ffd1", "0f05"],
  ...[
    "48c7c00f0000000f05",
    "b80f0000000f05",
    "4152c3",
    "4151c3",
    "4803e351c3",
    "51c3",
    "90",
    "ffd1",
    "4c8b65e0",
  ],
  ...["488b59f8f6433501", "49bc", "e8", "41ff95", "e800000000", "488d24cc"],
];

type Random = ReturnType<typeof seededRandom>;

class World {
  readonly table: UnwindTable;
  /** The pages. */
  readonly memory: Buffer;

  constructor(private readonly random: Random) {
    this.table = this.#makeTable();
    const stack = BigUint64Array.from({ length: STACK_WORDS }, () => this.word());
    this.memory = Buffer.concat([...CODE_STARTS.map(() => this.#makeCode()), Buffer.from(stack.buffer)]);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  /** What may stand in a register or on the stack. */
  word(): bigint {
    switch (this.below(10)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return BigInt(CODE_STARTS[this.below(CODE_STARTS.length)] + this.below(PAGE));
      case 4:
      case 5:
      case 6:
        return BigInt(STACK + 8 * this.below(STACK_WORDS));
      case 7:
        return BigInt(STACK + this.below(8 * STACK_WORDS));
      case 8:
        return 0n;
      default:
        return [1n, 2n ** 47n, 2n ** 47n - 1n, 2n ** 52n, BigInt(STACK - 64)][this.below(5)];
    }
  }

  #makeTable(): UnwindTable {
    const rows: number[] = [];
    const index: number[] = [];
    const rules = new Uint8Array(layout.RULE_BYTES * 16);
    const view = new DataView(rules.buffer);
    for (let rule = 0; rule < 16; rule++) {
      const put = (name: keyof typeof layout.RULE, value: number) => {
        const at = rule * layout.RULE_BYTES + layout.RULE[name];
        if (layout.RULE[name] < 8) view.setUint8(at, value);
        else view.setInt32(at, value, true);
      };
      const register = () => (this.below(3) ? [layout.RSP, layout.RBP][this.below(2)] : this.below(17));
      put("cfa", this.below(4));
      put("cfa_reg", register());
      put("index_reg", register());
      put("ra", this.below(5));
      put("ra_reg", register());
      put("rbp", this.below(7));
      put("rbp_reg", register());
      put("flags", this.below(4));
      for (const offset of ["cfa_offset", "cfa_addend", "ra_offset", "rbp_offset"] as const)
        put(offset, 8 * (this.below(12) - 4) + Number(this.below(10) === 0));
    }
    const add = (low: number) => {
      const cfa = this.below(3) ? [layout.CFA_RSP, layout.CFA_RBP][this.below(2)] : this.below(CFA_KINDS + 1);
      const cfaOffset = cfa === layout.CFA_RULE ? this.below(16) : 8 * (this.below(10) - 1);
      const rbpOffset = -8 * this.below(6);
      const reg = cfa === layout.CFA_PLT ? [10, 11][this.below(2)] : this.below(17);
      rows.push((low | (cfa << 8) | (this.below(2) << 16) | (reg << 24)) >>> 0);
      rows.push(((cfaOffset & 0xffff) | ((rbpOffset & 0xffff) << 16)) >>> 0);
    };
    add(0);
    for (let bucket = 0; bucket < PAGE / 256; bucket++) {
      const before = rows.length / 2 - 1;
      const places = [...new Set(Array.from({ length: this.below(14) }, () => this.below(256)))];
      for (const low of places.sort((a, b) => a - b)) add(low);
      index.push(((places.length << 24) | before) >>> 0);
    }
    return {
      rows: Uint32Array.from(rows),
      index: Uint32Array.from(index),
      rules,
      firstBucket: 0,
      functions: 1,
      unsupportedRows: 0,
    };
  }

  #makeCode(): Buffer {
    const parts: Buffer[] = [];
    for (let bytes = 0; bytes < PAGE; bytes += parts.at(-1)?.length ?? 0)
      parts.push(
        this.below(3)
          ? Buffer.from(CODE[this.below(CODE.length)], "hex")
          : Buffer.from([this.below(256), this.below(256)]),
      );
    return Buffer.concat(parts).subarray(0, PAGE);
  }

  /** The walk that BPF runs, of each start. */
  inC(starts: readonly { registers: bigint[]; flags: number }[]): Walk[] {
    const machine = new Machine().table(TEXT, TEXT + PAGE, TEXT, this.table);
    for (const [start, { kind }] of Object.entries(OTHERS))
      machine.mapping(Number(start), Number(start) + PAGE, kind);
    return machine.code(TEXT, this.memory).walksFrom(starts);
  }

  /** The walk in user space. */
  inUserSpace({ registers, flags }: { registers: bigint[]; flags: number }) {
    const readCode = (address: number, length: number) =>
      address < TEXT ? new Uint8Array(0) : this.memory.subarray(address - TEXT, address - TEXT + length);
    const findMapping = (address: number): WalkMapping | undefined => {
      const isIn = (start: number) => address >= start && address < start + PAGE;
      if (isIn(TEXT)) return { kind: "table", bias: TEXT, table: this.table, readCode };
      const start = Object.keys(OTHERS).map(Number).find(isIn);
      return start === undefined ? undefined : { kind: OTHERS[start].name, readCode };
    };
    const from = { registers: BigUint64Array.from(registers), flags, stackStart: TEXT, stack: this.memory };
    return walk(from, findMapping, 127);
  }
}

/** What is no address is to one walk one that cannot be read, and to the other, which wraps around, a lower one. */
function broken(end: string): string {
  return end === "stack-not-growing" ? "read-fault" : end;
}

test(`${WORLDS * WALKS} walks of random code, tables and stacks are the same in BPF and in user space`, () => {
  const ends: Record<string, number> = {};
  let deepest = 0;
  for (let seed = 0; seed < WORLDS; seed++) {
    const world = new World(seededRandom(seed));
    const starts = Array.from({ length: WALKS }, () => ({
      flags: [LEAF | ALL_REGISTERS, LEAF | ALL_REGISTERS, LEAF, 0][world.below(4)],
      registers: REGISTERS.map((name) => {
        if (name === "rsp") return BigInt(STACK + 8 * world.below(STACK_WORDS));
        if (name !== "rip") return world.word();
        const starts = [TEXT, TEXT, ...CODE_STARTS];
        return BigInt(starts[world.below(starts.length)] + 1 + world.below(PAGE - 1));
      }),
    }));
    for (const [i, inC] of world.inC(starts).entries()) {
      const { addresses, notReturn, end } = world.inUserSpace(starts[i]);
      const shown = `world ${seed}, walk ${i}: flags ${starts[i].flags}, ${starts[i].registers.map((r, n) => `${REGISTERS[n]}=${r.toString(16)}`).join(" ")}`;
      // What is above 2^53 is no address, and user space takes it inexactly.
      if (![...addresses, ...inC.frames].every(Number.isSafeInteger)) continue;
      // What is in no mapping BPF leaves to user space, which may know of one.
      const isLeft = inC.end === "pending";
      const last = inC.frames.length - 1;
      const expected = isLeft && !inC.notReturn.includes(last) ? inC.frames.slice(0, last) : inC.frames;
      assert.deepEqual(
        { end: broken(end), addresses, notReturn },
        {
          end: isLeft ? "no-mapping" : broken(inC.end),
          addresses: expected,
          notReturn: inC.notReturn,
        },
        shown,
      );
      ends[end] = (ends[end] ?? 0) + 1;
      deepest = Math.max(deepest, addresses.length);
    }
  }
  const compared = Object.values(ends).reduce((sum, count) => sum + count, 0);
  assert.ok(compared > 0.98 * WORLDS * WALKS, `${compared} walks were compared`);
  console.log(`${JSON.stringify(ends)}, at most ${deepest} frames`);
  for (const end of [
    "complete",
    "no-mapping",
    "bad-frame-pointer",
    "stack-not-growing",
    "unsupported-rule",
    "read-fault",
  ])
    assert.ok(ends[end] > 20, `${ends[end]} walks ended with ${end}`);
});
