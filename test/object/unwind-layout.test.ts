import assert from "node:assert/strict";
import { test } from "node:test";
import { openObject } from "libbpf-ts";
import { ARENA_WORDS, CHUNK_WORDS } from "../../bpf/sampler/arena-spans.js";
import { SAMPLER_OBJECT } from "../../bpf/sampler/in-process.js";
import * as unwind from "../../bpf/unwind/layout.js";

const object = openObject(SAMPLER_OBJECT).load();
test.after(() => object.close());

const offsetsOf = (struct: string) =>
  Object.fromEntries((object.struct(struct)?.members ?? []).map(({ name, offset }) => [name, offset]));

test("rows, rules, mappings and processes are laid out as the object's structs", () => {
  assert.deepEqual(offsetsOf("unwind_row"), { ...unwind.ROW });
  const { reserved: _, ...rule } = offsetsOf("unwind_rule");
  assert.deepEqual(rule, { ...unwind.RULE });
  assert.deepEqual(offsetsOf("unwind_mapping"), { ...unwind.MAPPING });
  assert.deepEqual(offsetsOf("unwind_process"), { ...unwind.PROCESS });
  const sizes = ["row", "rule", "mapping", "process"].map((name) => object.struct(`unwind_${name}`)?.size);
  assert.deepEqual(sizes, [unwind.ROW_BYTES, unwind.RULE_BYTES, unwind.MAPPING_BYTES, unwind.PROCESS_BYTES]);
});

test("kinds of mappings, rows and rules are the object's enumerations", () => {
  for (const [name, prefix] of [
    ["unwind_mapping_kind", "MAPPING"],
    ["unwind_cfa", "CFA"],
    ["unwind_rbp", "RBP"],
    ["unwind_rule_cfa", "RULE_CFA"],
    ["unwind_rule_ra", "RULE_RA"],
    ["unwind_rule_rbp", "RULE_RBP"],
    ["unwind_frame_flags", "FRAME"],
  ]) {
    const values = object.enum(name) ?? {};
    assert.ok(Object.keys(values).length > 1, name);
    for (const [member, value] of Object.entries(values)) {
      const own = member.replace("UNWIND_", "");
      assert.ok(own.startsWith(`${prefix}_`), member);
      assert.equal((unwind as unknown as Record<string, number>)[own], value, own);
    }
  }
});

test("the arena has as many chunks as positions can name, and fits the map", () => {
  assert.equal(object.map("unwind_arena").info.maxEntries, ARENA_WORDS / CHUNK_WORDS);
  assert.equal(ARENA_WORDS - 1, unwind.POSITION_MASK);
  assert.equal(object.map("unwind_processes").info.valueSize, unwind.PROCESS_BYTES);
});
