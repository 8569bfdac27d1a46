import assert from "node:assert/strict";
import { test } from "node:test";
import type { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { SqlError } from "../../../kernel/duckdb/sql-error.js";
import { richProfile } from "../../helpers/profile-files.js";
import { samples } from "../../helpers/samples.js";

/** Thread 7 takes four samples of three stacks, thread 8 two of one, in which a function calls itself. */
const frame = () =>
  ProfileFrame.fromProfile(
    samples(`
      comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:io[pid:5][tid:7]  comm:gc[pid:5][tid:8][process:io][cpu:1]  comm:gc[pid:5][tid:8][process:io][cpu:1]
      main                   main                   main                   main                   main                                      main
      parse                  parse                  parse                  std::map<a;b>          parse                                     parse
      read[kind:kernel]      read[kind:kernel]      lex                    -                      parse                                     parse
    `),
  );

const rows = (result: ColumnFrame) => result.toJSON({ format: "row" });

async function refused(query: Promise<unknown>, message: RegExp | string): Promise<void> {
  await assert.rejects(query, (error: Error) => {
    assert.ok(error instanceof SqlError, `${error.stack}`);
    if (typeof message === "string") assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}

test("the four tables are those of the frame", async () => {
  const df = frame();
  const { columns } = df;
  assert.deepEqual(rows(await df.sql(`select ${columns.map((name) => `"${name}"`)} from stacks`)), rows(df));
  for (const name of ["samples", "threads"] as const) {
    const table = df.table(name);
    const found = rows(await df.sql(`select ${table.columns} from ${name}`)) as Record<string, unknown>[];
    // The ids of this profile are small, and come as numbers.
    for (const row of found) if ("stack_id" in row) row.stack_id = String(row.stack_id);
    assert.deepEqual(found, rows(table), name);
  }
  const functions = df.table("frames");
  assert.deepEqual(rows(await df.sql(`select ${functions.columns} from frames`)), rows(functions));
  assert.deepEqual(rows(await df.sql("select count(*) as n from stack_frames")), [{ n: 11 }]);
});

test("tables are of the rows that a filter has left, and columns that a user added are there", async () => {
  const df = frame().query((row) => row.comm === "io");
  df.addColumn(
    "half",
    df.samples.values.map((n) => Number(n) / 2),
    { inplace: true },
  );
  assert.deepEqual(
    rows(await df.sql("select sum(half) as half, (select count(*) from samples) as n from stacks")),
    [{ half: 2, n: 4 }],
  );
  assert.deepEqual(rows(await df.sql("select comm from threads")), [{ comm: "io" }]);
  assert.deepEqual(rows(await df.sql("select name, self from frames where name = 'parse'")), [
    { name: "parse", self: 0 },
  ]);
});

test("macros: self, total and has_frame", async () => {
  const df = frame();
  assert.deepEqual(rows(await df.sql("select name, samples, time_ms from self()")), [
    { name: "parse", samples: 2, time_ms: 2 },
    { name: "read", samples: 2, time_ms: 2 },
    { name: "lex", samples: 1, time_ms: 1 },
    { name: "std::map<a;b>", samples: 1, time_ms: 1 },
  ]);
  assert.deepEqual(
    rows(await df.sql("select name, samples, round(share, 3) as share from total() limit 2")),
    [
      { name: "main", samples: 6, share: 1 },
      { name: "parse", samples: 5, share: 0.833 },
    ],
  );
  for (const [name, count] of [
    ["read", 2],
    ["std::map<a;b>", 1],
    ["ain", 0],
  ])
    assert.deepEqual(
      rows(await df.sql`select coalesce(sum(samples), 0) as n from stacks where has_frame(stack, ${name})`),
      [{ n: count }],
    );
});

test("values of a template are bound, whatever they hold", async () => {
  const df = frame();
  const spite = "'; drop view stacks; --";
  assert.deepEqual(rows(await df.sql`select ${spite} as text, ${2}::int + ${1} as n, ${null} as nothing`), [
    { text: spite, n: 3, nothing: null },
  ]);
  assert.deepEqual(
    rows(await df.sql`select sum(samples) as n from stacks where leaf in ${["lex", "read"]} and pid = ${5}`),
    [{ n: 3 }],
  );
  assert.deepEqual(rows(await df.sql("select $1 as one", 1)), [{ one: 1 }]);
  await refused(
    df.sql`select ${{}}`,
    "value $1 must be a text, number, boolean, date, null, or a list of them, got object",
  );
});

test("the result is that of the last statement, and pivot is one", async () => {
  const df = frame();
  assert.deepEqual(rows(await df.sql("create temp table t as select 1 as a; select a + 1 as b from t")), [
    { b: 2 },
  ]);
  assert.deepEqual(
    rows(await df.sql("pivot stacks on comm using sum(samples) group by kind order by kind")),
    [
      { kind: "kernel", gc: null, io: 2 },
      { kind: "user", gc: 2, io: 2 },
    ],
  );
});

test("types come as those of a frame", async () => {
  const df = frame();
  const result = await df.sql(`
    select 12345678901234567::bigint as big, 3::hugeint as small, 1.5::decimal(9, 2) as money, true as yes,
      date '2026-01-02' as day, [1, 2] as list, null::int as gap, 0.5 as half, 'x'::enum('x', 'y') as code
  `);
  assert.deepEqual(rows(result), [
    {
      big: "12345678901234567",
      small: 3,
      money: 1.5,
      yes: true,
      day: new Date("2026-01-02"),
      list: [1, 2],
      gap: null,
      half: 0.5,
      code: "x",
    },
  ]);
  const empty = await df.sql("select leaf, samples from stacks where false");
  assert.deepEqual([empty.shape[0], empty.columns], [0, ["leaf", "samples"]]);
  assert.deepEqual((await df.sql("select 1 as a, 2 as a")).columns, ["a", "a:1"]);
});

test("texts sort and compare as texts", async () => {
  const df = frame();
  assert.deepEqual(
    (await df.sql("select distinct leaf from stacks where leaf > 'm' order by leaf")).column("leaf").values,
    ["parse", "read", "std::map<a;b>"],
  );
});

test("a result with its stacks can be drawn, and stands for the same samples where its rows are the same", async () => {
  const df = frame();
  const same = await df.sql("select * from stacks where comm = 'io' order by leaf");
  assert.ok(same instanceof ProfileFrame);
  assert.deepEqual(same.table("samples").column("at_ms").values, [0, 1, 2, 3]);
  assert.equal(String(same.flamegraph()), String(df.query((row) => row.comm === "io").flamegraph()));

  const sums = await df.sql("select stack, sum(samples) * 10 as samples from stacks group by stack");
  assert.ok(sums instanceof ProfileFrame);
  const top = sums.top();
  assert.equal(
    (top.column("self").values as number[]).reduce((a, b) => a + b, 0),
    60,
  );
  assert.match(String(sums.flamegraph()), /main/);

  const perSecond = await df.sql("select stack, pid, unnest([1, 2]) as part, samples, time_ms from stacks");
  assert.ok(perSecond instanceof ProfileFrame);
  assert.equal(
    (perSecond.table("frames").column("self").values as number[]).reduce((a, b) => a + b, 0),
    12,
  );

  for (const query of [
    "select leaf, samples from stacks",
    "select 'elsewhere' as stack, samples from stacks",
    "select stack, -samples as samples from stacks",
  ])
    assert.ok(!((await df.sql(query)) instanceof ProfileFrame), query);
});

test("errors have the line, a caret, and what was meant", async () => {
  const df = frame();
  await refused(
    df.sql("select comm,\n  samplse\nfrom stacks"),
    'Binder Error: Referenced column "samplse" not found in FROM clause!\nCandidate bindings: "samples", "module", "stack", "time_ms", "stack_id"\n\nLINE 2:   samplse\n          ^',
  );
  await refused(df.sql("select * from sample"), /Did you mean "samples"/);
  await refused(df.sql("selct 1"), /Parser Error/);
  for (const query of ["", " ; -- nothing"]) await refused(df.sql(query), "expected a statement, got none");
  await refused(df.sql("select 1; selct 2"), /Parser Error/);
  await refused(df.sql`select ${1} where ${2}::varchar = $3`, /parameter/i);
  await refused(df.sql("select * from scan('x')"), /own queries/);
});

test("queries reach no file, no network and no extension", async () => {
  const df = frame();
  for (const query of [
    "select * from read_csv('/etc/passwd')",
    "select * from '/etc/passwd'",
    "copy (select 1) to '/tmp/x.csv'",
    "attach '/tmp/x.db'",
    "select * from read_parquet('https://example.org/x.parquet')",
    "install httpfs",
    "load httpfs",
    "set enable_external_access = true",
    "set threads = 1",
  ])
    await refused(
      df.sql(query),
      /Permission Error|Invalid Input|locked|disabled|external access|Catalog Error|IO Error/,
    );
});

test("queries at the same time see their own frames", async () => {
  const frames = [frame(), ProfileFrame.fromProfile(richProfile()), frame().query(() => false)];
  const counts = await Promise.all(
    [...frames, ...frames].map(async (df) => rows(await df.sql("select count(*) as n from samples"))),
  );
  assert.deepEqual(
    counts,
    [6, 6, 0, 6, 6, 0].map((n) => [{ n }]),
  );
});
