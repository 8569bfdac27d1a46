import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ProfileFrame } from "../../kernel/dataframe/profile-frame.js";
import { KernelClient, printed } from "../helpers/kernel-client.js";
import { richProfile } from "../helpers/profile-files.js";

test("cells ask in SQL, errors show the place, and an interrupt ends a long query", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "sql-")), "run");
  await ProfileFrame.fromProfile(richProfile()).save(folder);
  await using kernel = await KernelClient.start();
  await kernel.execute(`const df = await loadProfile(${JSON.stringify(folder)});`);
  const { reply, iopub } = await kernel.execute(
    `const least = 1;
const kernel = await df.sql\`select * from stacks where samples >= \${least} and kind = \${"kernel"}\`;
kernel.flamegraph();
console.log(kernel.shape[0]);`,
  );
  assert.equal(reply.status, "ok", `${reply.evalue}`);
  assert.equal(printed(iopub).trim(), "2");

  const { reply: tagged, iopub: said } = await kernel.execute(
    `const by = await sql\`select comm, sum(samples)::int as n from \${df} where kind = \${"kernel"} group by all order by comm\`;
console.log(JSON.stringify(by.toJSON()));`,
  );
  assert.equal(tagged.status, "ok", `${tagged.evalue}`);
  assert.deepEqual(JSON.parse(printed(said)), { comm: ["kworker/0:1", "web server"], n: [1, 1] });
  const { reply: refused } = await kernel.execute(`sql\`select \${() => 1}\``);
  assert.match(String(refused.evalue), /not assignable to parameter of type 'SqlValue'/);
  const help = await kernel.request("inspect_request", { code: "sql", cursor_pos: 2, detail_level: 0 });
  assert.match(JSON.stringify(help), /frames and recordings are tables/);
  const offered = await kernel.request("complete_request", { code: "sq", cursor_pos: 2 });
  assert.match(JSON.stringify(offered), /"sql"/);

  const { reply: wrong } = await kernel.execute('await df.sql("select leav from stacks")');
  assert.equal(wrong.ename, "SqlError");
  assert.match(
    String(wrong.evalue),
    /Candidate bindings: "leaf"[\s\S]*LINE 1: select leav from stacks\n +\^/,
  );

  const id = kernel.sendExecute(
    "console.log('on'); await df.sql('select count(*) from range(1e8::bigint) a, range(1e8::bigint) b where a.range % 7 = b.range % 11')",
  );
  await kernel.until(
    () => kernel.published.some(({ content }) => content.text === "on\n"),
    "the query has begun",
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  await kernel.request("interrupt_request", {}, "control");
  assert.equal((await kernel.answer(id)).reply.ename, "Interrupted");
  assert.equal(
    printed((await kernel.execute("console.log((await df.sql('select 1 as a')).shape[0])")).iopub).trim(),
    "1",
  );
});
