import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { KernelClient, printed } from "../helpers/kernel-client.js";

const VERBS = [
  ...["byThread", "byProcess", "byFunction", "between", "focus", "ignore", "callers", "callees"],
  ...[
    "collapse",
    "collapseRecursion",
    "invert",
    "split",
    "normalize",
    "merge",
    "join",
    "pivot",
    "valueCounts",
  ],
];

test("in a cell, verbs are completed, typed, and chain", async () => {
  await using kernel = await KernelClient.start();
  writeFileSync(join(kernel.directory, "a.folded"), "main;parse;read 3\nmain;parse 1\nmain;render 2\n");
  const { reply, iopub } = await kernel.execute(`
const df = await readProfile("a.folded");
const parsing = df.focus("parse").collapseRecursion();
const hot = parsing.byFunction().query((row) => row.kind !== "kernel").head(1);
for (const { leaf, samples } of parsing.invert()) console.log(leaf.toUpperCase(), samples.toFixed(0));
console.log(hot.flamegraph().total, df.normalize(60).samples.sum());
console.log(df.groupby("leaf").agg({ samples: (counts) => counts.length }).column("samples_custom").values);
const owners = new dfd.DataFrame({ leaf: ["a_b", "read"], owner: ["x", "io"] });
console.log(dfd.merge({ left: df, right: owners, on: ["leaf"], how: "inner" }).column("owner").values);
df["twice"] = df.samples.mul(2);
console.log(df.pivot({ index: "kind", columns: "leaf", values: "twice" }).column("read").values);`);
  assert.equal(reply.status, "ok", `${reply.evalue}`);
  assert.equal(printed(iopub), "MAIN 3\nMAIN 1\n3 60\n[ 1, 1, 1 ]\n[ 'io' ]\n[ 6 ]\n");
  const code = "df.";
  const completion = await kernel.request("complete_request", { code, cursor_pos: code.length });
  const matches = completion.reply.matches as string[];
  assert.deepEqual(
    VERBS.filter((verb) => !matches.includes(verb)),
    [],
  );
  const wrong = await kernel.execute('df.split({ by: "core" })');
  assert.match(String(wrong.reply.evalue), /"core"/);
  const compared = await kernel.execute(`
const changes = compare(df, df.focus("parse"), { of: "total" });
const gone = changes.query((row) => row.name === "render");
for (const { before, after, verdict } of gone) console.log(before, after, verdict, changes.meta.after.samples);`);
  assert.equal(compared.reply.status, "ok", `${compared.reply.evalue}`);
  assert.equal(printed(compared.iopub), "2 0 no evidence 4\n");
});
