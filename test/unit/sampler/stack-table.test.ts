import assert from "node:assert/strict";
import { test } from "node:test";
import { SAMPLE, SAMPLE_PENDING } from "../../../bpf/sampler/layout.js";
import { StackTable } from "../../../bpf/sampler/stack-table.js";

/** A record as the program writes it, at word `at` of a larger area. */
function record(image: number, kernel: bigint[], user: bigint[], at = 0): [Uint32Array, number, number] {
  const bytes = SAMPLE.addresses + 8 * (kernel.length + user.length);
  const area = new DataView(new ArrayBuffer(at * 4 + bytes));
  area.setInt32(at * 4 + SAMPLE.kernel_bytes, kernel.length * 8, true);
  area.setInt32(at * 4 + SAMPLE.user_bytes, user.length * 8, true);
  for (const [i, address] of [...kernel, ...user].entries())
    area.setBigUint64(at * 4 + SAMPLE.addresses + i * 8, address, true);
  return [new Uint32Array(area.buffer), at, image];
}

test("equal stacks of one process image are one entry; another image, part or address is another", () => {
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
    assert.equal(stack.image, i);
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
  const [words, at, image] = record(1, [], []);
  words[SAMPLE.kernel_bytes >> 2] = -14;
  assert.equal(table.get(table.intern(words, at, image)).kernelBytes, -14);
});

test("how the walk ended is part of the stack", () => {
  const table = new StackTable();
  const [words, at, image] = record(1, [], [0x401000n]);
  const first = table.intern(words, at, image);
  words[SAMPLE.unwind_end >> 2] = 5;
  const second = table.intern(words, at, image);
  assert.notEqual(second, first);
  assert.deepEqual([table.get(first).unwindEnd, table.get(second).unwindEnd], [0, 5]);
});

test("added stacks are apart until they are finished, and equal when they are finished equally", () => {
  const table = new StackTable();
  const [words, at, image] = record(1, [0xffffffff81000000n], [0x401000n]);
  words[SAMPLE.flags >> 2] = SAMPLE_PENDING | 1;
  words[SAMPLE.unwind_end >> 2] = 9;
  const [first, second] = [table.add(words, at, image), table.add(words, at, image)];
  assert.notEqual(second, first);
  assert.notEqual(table.intern(words, at, image), first);
  assert.equal(table.get(first).unwindEnd, 9);
  const addresses = BigUint64Array.of(0x401000n, 0x7fff_1234_5678n);
  table.finish(first, addresses, 2);
  table.finish(second, addresses, 2);
  assert.deepEqual(table.get(first), table.get(second));
  const { image: inImage, flags, kernelBytes, userBytes, unwindEnd, words: got } = table.get(first);
  assert.deepEqual([inImage, flags, kernelBytes, userBytes, unwindEnd], [1, 1, 8, 16, 2]);
  assert.deepEqual(
    [...new BigUint64Array(got.slice().buffer)],
    [0xffffffff81000000n, 0x401000n, 0x7fff_1234_5678n],
  );
});
