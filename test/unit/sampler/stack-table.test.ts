import assert from "node:assert/strict";
import { test } from "node:test";
import { SAMPLE } from "../../../bpf/sampler/layout.js";
import { StackTable } from "../../../bpf/sampler/stack-table.js";

/** A record as the program writes it, at word `at` of a larger area. */
function record(pid: number, kernel: bigint[], user: bigint[], at = 0): [Uint32Array, number, number] {
  const bytes = SAMPLE.addresses + 8 * (kernel.length + user.length);
  const area = new DataView(new ArrayBuffer(at * 4 + bytes));
  area.setUint32(at * 4 + SAMPLE.pid, pid, true);
  area.setInt32(at * 4 + SAMPLE.kernel_bytes, kernel.length * 8, true);
  area.setInt32(at * 4 + SAMPLE.user_bytes, user.length * 8, true);
  for (const [i, address] of [...kernel, ...user].entries())
    area.setBigUint64(at * 4 + SAMPLE.addresses + i * 8, address, true);
  return [new Uint32Array(area.buffer), at, bytes];
}

test("equal stacks of one process are one entry; another process, part or address is another", () => {
  const table = new StackTable();
  const first = table.intern(...record(1, [0xffffffff81000000n], [0x401000n, 0x402000n]));
  assert.equal(table.intern(...record(1, [0xffffffff81000000n], [0x401000n, 0x402000n], 7)), first);
  assert.notEqual(table.intern(...record(2, [0xffffffff81000000n], [0x401000n, 0x402000n])), first);
  assert.notEqual(table.intern(...record(1, [], [0xffffffff81000000n, 0x401000n, 0x402000n])), first);
  assert.notEqual(table.intern(...record(1, [0xffffffff81000000n], [0x401000n, 0x402008n])), first);
  assert.equal(table.size, 4);
});

test("what goes in comes out, over growth of the table", () => {
  const table = new StackTable();
  const stacks = 20_000;
  for (let i = 0; i < stacks; i++) {
    const user = Array.from({ length: i % 20 }, (_, depth) => BigInt(i) * 4096n + BigInt(depth));
    assert.equal(table.intern(...record(i, [0xffffffff81000000n + BigInt(i)], user)), i);
  }
  for (const i of [0, 1, 19, 777, stacks - 1]) {
    const stack = table.get(i);
    assert.equal(stack.pid, i);
    assert.equal(stack.kernelBytes, 8);
    assert.equal(stack.userBytes, (i % 20) * 8);
    assert.equal((BigInt(stack.words[1]) << 32n) | BigInt(stack.words[0]), 0xffffffff81000000n + BigInt(i));
    assert.equal(stack.words.length, 2 * (1 + (i % 20)));
    assert.equal(
      table.intern(
        ...record(
          i,
          [0xffffffff81000000n + BigInt(i)],
          Array.from({ length: i % 20 }, (_, depth) => BigInt(i) * 4096n + BigInt(depth)),
        ),
      ),
      i,
    );
  }
});

test("a failed part keeps its errno", () => {
  const table = new StackTable();
  const [words, at] = record(1, [], []);
  words[SAMPLE.user_bytes >> 2] = -14;
  assert.equal(table.get(table.intern(words, at, SAMPLE.addresses)).userBytes, -14);
});
