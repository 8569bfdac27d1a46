import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import { dfd } from "../../../kernel/dataframe/danfojs/index.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { recordings } from "../../../kernel/dataframe/recordings.js";
import { sql } from "../../../kernel/dataframe/sql/sql-tag.js";
import { SqlError } from "../../../kernel/duckdb/sql-error.js";
import { richProfile } from "../../helpers/profile-files.js";
import { samples } from "../../helpers/samples.js";

const before = ProfileFrame.fromProfile(
  samples(`
    comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:gc[pid:5][tid:8]
    main                   main                   main                   main
    parse                  parse                  lex                    mark
  `),
);
const after = ProfileFrame.fromProfile(
  samples(`
    comm:io[pid:6][tid:9]  comm:io[pid:6][tid:9]
    main                   main
    parse                  optimize
  `),
);
const rows = (result: ColumnFrame) => result.toJSON({ format: "row" });

test("a frame is a table of its rows, and what is behind them follows a point", async () => {
  assert.deepEqual(
    rows(await sql`select ${before}.leaf, samples from ${before} where ${before}.pid = ${5}`),
    [
      { leaf: "parse", samples: 2 },
      { leaf: "lex", samples: 1 },
      { leaf: "mark", samples: 1 },
    ],
  );
  for (const [name, count] of Object.entries({ samples: 4, frames: 4, threads: 2, stack_frames: 6 })) {
    const query = Object.assign([`select count(*) as n from `, `.${name}`], { raw: [] as string[] });
    assert.deepEqual(rows(await sql(query, before)), [{ n: count }], name);
  }
  assert.deepEqual(
    rows(await sql`select name, samples from ${before}.total() where name = 'main' or name in ${["mark"]}`),
    [
      { name: "main", samples: 4 },
      { name: "mark", samples: 1 },
    ],
  );
});

test("one query asks several profiles, also filtered ones, and other frames", async () => {
  assert.deepEqual(
    rows(
      await sql`
      select name, b.share as before, a.share as after
      from ${before}.self() b full join ${after}.self() a using (name, module) order by name
    `,
    ),
    [
      { name: "lex", before: 0.25, after: Number.NaN },
      { name: "mark", before: 0.25, after: Number.NaN },
      { name: "optimize", before: Number.NaN, after: 0.5 },
      { name: "parse", before: 0.5, after: 0.5 },
    ],
  );
  const io = before.query((row) => row.comm === "io");
  assert.deepEqual(
    rows(
      await sql`select (select count(*) from ${io}.samples) as io, (select count(*) from ${before}.samples) as n`,
    ),
    [{ io: 3, n: 4 }],
  );
  const owner = new dfd.DataFrame({ leaf: ["lex", "mark"], team: ["front", "runtime"] });
  const told = ColumnFrame.of({ leaf: ["parse"], team: ["front"] });
  assert.deepEqual(
    rows(
      await sql`
      select team, sum(samples)::int as n from ${before} join (from ${owner} union all from ${told}) using (leaf)
      group by team order by team
    `,
    ),
    [
      { team: "front", n: 3 },
      { team: "runtime", n: 1 },
    ],
  );
});

test("values are bound, whatever they hold", async () => {
  const spite = "'; drop schema frame_1 cascade; --";
  assert.deepEqual(
    rows(await sql`select ${spite} as text, count(*) as n from ${before} where leaf <> ${spite}`),
    [{ text: spite, n: 3 }],
  );
  assert.deepEqual(rows(await sql`select ${1}::int + ${2}::int as n`), [{ n: 3 }]);
  await assert.rejects(sql`select ${{} as never}`, /value \$1 must be a text, number/);
});

test("a result with its stacks is a profile: of one frame, and of several", async () => {
  const one = await sql`select * from ${before} where comm = ${"io"}`;
  assert.ok(one instanceof ProfileFrame);
  assert.equal(String(one.flamegraph()), String(before.query((row) => row.comm === "io").flamegraph()));
  const both = await sql`select 'b' as side, * from ${before} union all select 'a', * from ${after}`;
  assert.ok(both instanceof ProfileFrame);
  assert.match(String(both.flamegraph()), /optimize/);
  assert.match(String(both), /side[\s\S]*Rows of 2 profiles/);
  const shown = both.query((row) => (row as unknown as { side: string }).side === "a").top();
  assert.deepEqual((shown.column("name").values as string[]).sort(), ["main", "optimize", "parse"]);
  assert.equal(both.meta.accounting.samples, 6);
});

test("recordings and frames in one query", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sql-tag-"));
  for (const name of ["a", "b", "c"]) await ProfileFrame.fromProfile(richProfile()).save(join(folder, name));
  const [a, rest] = [recordings(join(folder, "a")), recordings(join(folder, "b"), join(folder, "c"))];
  const found = await sql`
    select recording, sum(samples)::int as n from ${a} group by all
    union all select recording, count(*)::int from ${rest}.samples group by all
    union all select 'here', count(*)::int from ${before}.samples order by all
  `;
  assert.deepEqual(rows(found), [
    { recording: join(folder, "a"), n: 6 },
    { recording: join(folder, "b"), n: 6 },
    { recording: join(folder, "c"), n: 6 },
    { recording: "here", n: 4 },
  ]);
  const drawn =
    await sql`select recording, stack, samples from ${a} union all select 'here', stack, samples from ${before}`;
  assert.ok(drawn instanceof ProfileFrame);
  assert.match(String(drawn.flamegraph()), /std::map<int, int>::at\(int\)[\s\S]*lex|lex[\s\S]*std::map/);
  assert.deepEqual(
    rows(
      await sql`select count(*) > 0 as some from ${a}.self() where name = 'read' and recording = ${a.folders[0]}`,
    ),
    [{ some: true }],
  );
});

test("queries at the same time do not see each other's tables, and leave none behind", async () => {
  const counts = await Promise.all(
    Array.from({ length: 12 }, async (_, i) =>
      rows(await sql`select count(*) as n from ${i % 2 ? after : before}.samples`),
    ),
  );
  assert.deepEqual(
    counts,
    counts.map((_, i) => [{ n: i % 2 ? 2 : 4 }]),
  );
  assert.deepEqual(
    rows(
      await sql`select count(*) as n from duckdb_views() where view_name like 'frame%' or schema_name like 'frame%'`,
    ),
    [{ n: 0 }],
  );
});

test("errors show the place, and say how a table is named", async () => {
  const refused = (query: Promise<unknown>, message: RegExp) =>
    assert.rejects(query, (error: Error) => error instanceof SqlError && message.test(error.message));
  await refused(
    sql`select leav from ${before}`,
    /Candidate bindings: "leaf"[\s\S]*select leav from frame_1\n +\^/,
  );
  await refused(sql`select * from samples`, /Tables are what stands in the template: from \$\{df\}/);
  await refused((sql as unknown as (text: string) => Promise<unknown>)("select 1"), /sql is a tag/);
});
