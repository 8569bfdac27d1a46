import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { SAMPLE, SAMPLE_PENDING, UNWIND_ENDS } from "../../../bpf/sampler/layout.js";
import type { UnwindMapping } from "../../../bpf/sampler/mapping-list.js";
import { PendingSamples } from "../../../bpf/sampler/pending-samples.js";
import { ProcessImage } from "../../../bpf/sampler/process-image.js";
import { StackTable } from "../../../bpf/sampler/stack-table.js";
import { MAPPING_ANONYMOUS, MAPPING_PENDING, RBP, RIP, RSP } from "../../../bpf/unwind/layout.js";

const STACK = 0x7ffc_0000_0000;
const CODE = 0x7f00_0000_0000;

let kind: number;
let waits: number;
let stacks: StackTable;
let pending: PendingSamples;
const image = new ProcessImage(1, 7, 0);

beforeEach(() => {
  kind = MAPPING_PENDING;
  waits = 0;
  stacks = new StackTable();
  const list = (): UnwindMapping[] => {
    const mapping = { start: CODE, end: CODE + 0x1000, fileOffset: 0, path: "", inode: 0n, device: "" };
    return [{ mapping: { ...mapping, executable: true }, kind, entry: undefined, bias: 0 }];
  };
  pending = new PendingSamples(stacks, {
    mappingsOf: list,
    readCode: () => new Uint8Array(0),
    async ready() {
      waits++;
    },
  });
});

/** A sample that stopped at its second frame; by frame pointers there is one more, whose caller is 0. */
function add(stackBytes = 64): number {
  const record = new Uint32Array((SAMPLE.addresses >> 2) + 4);
  record[SAMPLE.flags >> 2] = SAMPLE_PENDING;
  record[SAMPLE.unwind_end >> 2] = UNWIND_ENDS.indexOf("pending");
  record[SAMPLE.user_bytes >> 2] = 16;
  const addresses = new BigUint64Array(2);
  addresses.set([BigInt(CODE + 0x10), BigInt(CODE + 0x20)]);
  record.set(new Uint32Array(addresses.buffer), SAMPLE.addresses >> 2);
  const stack = stacks.add(record, 0, image.number);
  const registers = new BigUint64Array(17);
  registers[RIP] = BigInt(CODE + 0x20);
  registers[RSP] = BigInt(STACK);
  registers[RBP] = BigInt(STACK + 16);
  const stackCopy = new Uint8Array(stackBytes);
  const words = new BigUint64Array(stackCopy.buffer);
  words[2] = BigInt(STACK + 32); // the caller's rbp, its return address, and the frame after
  words[3] = BigInt(CODE + 0x30);
  pending.add({ image, stack, registers, flags: 0, stackCopy });
  return stack;
}

function result(stack: number) {
  const { words, unwindEnd, userBytes } = stacks.get(stack);
  const addresses = [...new BigUint64Array(words.slice().buffer)].map((address) => Number(address) - CODE);
  assert.equal(userBytes, addresses.length * 8);
  return [UNWIND_ENDS[unwindEnd], addresses];
}

test("a sample is finished as soon as its table is there, from where it stopped", () => {
  const stack = add();
  pending.advance();
  assert.deepEqual(result(stack), ["pending", [0x10, 0x20]]);
  kind = MAPPING_ANONYMOUS;
  pending.advance();
  assert.deepEqual(result(stack), ["complete", [0x10, 0x20, 0x30]]);
});

test("at the window's end what has no table keeps its addresses and a reason", async () => {
  const stack = add();
  await pending.finish();
  assert.deepEqual(result(stack), ["no-table", [0x10, 0x20]]);
  assert.equal(waits, 1);
  await pending.finish();
  assert.equal(waits, 1, "nothing waits any more");
});

test("of two windows that end at once, the second waits for what the first has taken up", async () => {
  const stack = add();
  kind = MAPPING_ANONYMOUS;
  const first = pending.finish();
  await Promise.all([pending.finish().then(() => assert.equal(result(stack)[0], "complete")), first]);
});

test("over the memory for copies the oldest are finished with what is there, by that reason", () => {
  const oldest = add(32 << 20);
  const second = add(24 << 20);
  assert.equal(result(oldest)[0], "pending");
  const last = add(16 << 20);
  assert.deepEqual(result(oldest), ["over-budget", [0x10, 0x20]]);
  assert.deepEqual([result(second)[0], result(last)[0]], ["pending", "pending"]);
});
