import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { ColumnFrame } from "../../../kernel/dataframe/column-frame.js";
import { ProfileFrame } from "../../../kernel/dataframe/profile-frame.js";
import { recordings } from "../../../kernel/dataframe/recordings.js";
import { SqlError } from "../../../kernel/duckdb/sql-error.js";
import { RecordingError } from "../../../kernel/recordings/recording-error.js";
import { richProfile } from "../../helpers/profile-files.js";
import { samples } from "../../helpers/samples.js";

const rows = (result: ColumnFrame) => result.toJSON({ format: "row" });

async function saved(profiles: Record<string, ReturnType<typeof samples>>): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), "recordings-")), "it's [all] of *them*");
  for (const [name, data] of Object.entries(profiles))
    await ProfileFrame.fromProfile(data).save(join(folder, name));
  return folder;
}

const two = () => saved({ before: richProfile(), after: richProfile(), other: samples("") });

test("tables of several recordings are those of each, with its name", async () => {
  const folder = await two();
  const all = recordings(join(folder, "*e*"));
  const [after, before] = all.folders;
  assert.deepEqual(
    all.folders,
    ["after", "before", "other"].map((name) => join(folder, name)),
  );
  const df = ProfileFrame.fromProfile(richProfile());
  for (const table of ["stacks", "samples", "frames", "threads"] as const) {
    const columns = df.table(table).columns.filter((name) => name !== "stack_id");
    const query = `select ${columns.map((name) => `"${name}"`)} from ${table}`;
    const expected = rows(await df.sql(`${query} order by all`));
    for (const name of [before, after])
      assert.deepEqual(
        rows(await all.sql(`${query} where recording = $1 order by all`, name)),
        expected,
        table,
      );
  }
  for (const macro of ["self()", "total()"]) {
    const expected = rows(await df.sql(`select name, samples, time_ms, share from ${macro} order by all`));
    assert.deepEqual(
      rows(
        await all.sql`select name, samples, time_ms, share from total() where recording = ${before} order by all`,
      ),
      rows(await df.sql("select name, samples, time_ms, share from total() order by all")),
    );
    assert.ok((expected as unknown[]).length > 0, macro);
  }
  assert.deepEqual(rows(await all.sql("select duration_ms, count(*) as n from recordings group by all")), [
    { duration_ms: 1000, n: 3 },
  ]);
  assert.deepEqual(
    (await all.load()).map((frame) => frame.shape[0]),
    [df.shape[0], df.shape[0], 0],
  );
});

test("a result with its stacks is a profile with the column recording", async () => {
  const folder = await two();
  const all = recordings(join(folder, "*e*"));
  const [after, before] = all.folders;
  const df = ProfileFrame.fromProfile(richProfile());
  const whole = await all.sql("select * from stacks");
  assert.ok(whole instanceof ProfileFrame);
  assert.equal(whole.columns[0], "recording");
  for (const name of [before, after]) {
    const part = whole.query((row) => (row as unknown as { recording: string }).recording === name);
    assert.equal(String(part.flamegraph()), String(df.flamegraph()));
    // Frames with modules, kinds and lines; rows of one count may come in another order.
    const functions = (frame: ProfileFrame) => frame.table("frames").sortValues(["name", "kind"]).toJSON();
    assert.deepEqual(functions(part), functions(df));
    assert.deepEqual(rows(part.byThread().sortValues("tid")), rows(df.byThread().sortValues("tid")));
  }
  assert.equal(whole.meta.accounting.samples, 2 * df.meta.accounting.samples);
  assert.match(String(whole), /recording +process[\s\S]*Rows of 2 recordings: /);
  const one = await all.sql`select * from stacks where recording = ${before} and kind = ${"kernel"}`;
  assert.ok(one instanceof ProfileFrame);
  assert.deepEqual(one.meta.recording?.folder, before);
  const sums = await all.sql("select stack, sum(samples)::double as samples from stacks group by stack");
  assert.equal(
    String((sums as ProfileFrame).flamegraph()).replaceAll(/[\d.]+/g, ""),
    String(df.flamegraph()).replaceAll(/[\d.]+/g, ""),
  );
  assert.ok(!((await all.sql("select leaf, samples from stacks")) instanceof ProfileFrame));
});

test("an id that stands for two things is an error that names both recordings", async () => {
  const data = richProfile();
  const renamed = { ...data, frames: { ...data.frames, name: data.frames.name.map((name) => `${name}2`) } };
  let folder = await saved({ a: data, b: renamed });
  await assert.rejects(recordings(`${folder}/?`).sql("select 1"), (error: Error) => {
    assert.ok(error instanceof RecordingError);
    assert.match(error.message, /frame id \d+ is ".* of .*" here and ".*" in .*/);
    return true;
  });
  const ended = { ...data, stacks: { ...data.stacks, end: data.stacks.end.map(() => "depth") } };
  folder = await saved({ a: data, b: ended });
  await assert.rejects(recordings(`${folder}/?`).sql("select 1"), /stack id \d+ is/);
});

test("nothing but the recordings' files is reached, and what is missing or damaged is named", async () => {
  const folder = await two();
  const all = recordings(join(folder, "before"), join(folder, "b*"));
  assert.equal(all.folders.length, 1);
  for (const query of [
    "from '/etc/passwd'",
    "from read_text('/etc/hostname')",
    "copy (select 1) to '/tmp/x.csv'",
  ])
    await assert.rejects(
      all.sql(query),
      (error: Error) => error instanceof SqlError && /Permission Error|Catalog Error/.test(error.message),
    );
  assert.throws(() => recordings(join(folder, "none*")), RecordingError);
  appendFileSync(join(folder, "after/frames.parquet"), "x");
  await assert.rejects(recordings(join(folder, "after")).sql("select 1"), /frames\.parquet: is damaged/);
});
