import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as arquero from "arquero";
import { DataFrame } from "../../kernel/dataframe/danfojs/index.js";
import { ProfileFrame } from "../../kernel/dataframe/profile-frame.js";
import { decoded, sampleArrays, sampleFrame, sentProfile, typedArrays } from "./frame-data.js";
import { duckdbTables } from "./frame-duckdb.js";
import { FILTERS, PARAMS } from "./frame-filters.js";
import { besidePolars } from "./polars.js";
import { quickest } from "./quickest.js";
import { ratio, table } from "./statistics.js";

/** A ProfileFrame beside danfojs, arquero, nodejs-polars and DuckDB on one profile: 8,000 stacks of 3,000 functions. */
const SAMPLES = Number(process.argv[2] ?? 1e6);
const RUNS = 7;
const TWO_KEYS = ["comm", "module"];
const MEMORY = fileURLToPath(new URL("frame-memory.js", import.meta.url));

/** MiB that a process of its own grows by when it makes the frame of one engine from Arrow, rows counted. */
async function memoryMib(engine: "ours" | "danfojs", folder: string): Promise<number> {
  const files = Object.entries(sent.tables).map(([name, bytes]) => {
    const file = join(folder, `${name}.arrow`);
    writeFileSync(file, bytes);
    return file;
  });
  const { stdout } = await promisify(execFile)(process.execPath, [MEMORY, engine, ...files]);
  return Number(stdout);
}

const rows = [["", "ours", "peer", "ours / peer", "to reach", "peer"]];
function line(what: string, ours: number, theirs: number, toReach: string, peer: string, unit = "ms"): void {
  rows.push([
    what,
    `${ours.toPrecision(3)} ${unit}`,
    `${theirs.toPrecision(3)} ${unit}`,
    ratio(ours, theirs),
    toReach,
    peer,
  ]);
}

const sent = sentProfile(SAMPLES);
const data = decoded(sent);
const mine = sampleFrame(data);
const construct = () => ProfileFrame.fromProfile(decoded(sent));

const [constructDanfojs] = await quickest([() => new DataFrame(sampleArrays(sent))], 1);
const [constructOurs, countOurs] = await quickest([construct, () => construct().shape], 20);
line("construct from Arrow", constructOurs, constructDanfojs, "0.002", "danfojs");
line("… and count its rows", countOurs, constructDanfojs, "", "danfojs");
const folder = mkdtempSync(join(tmpdir(), "proflab-frame-"));
try {
  const [ours, danfojs] = [await memoryMib("ours", folder), await memoryMib("danfojs", folder)];
  line("memory, rows counted", ours, danfojs, "0.05", "danfojs", "MiB");
} finally {
  rmSync(folder, { recursive: true });
}

const theirs = new DataFrame(sampleArrays(sent));
const [groupDanfojs] = await quickest([() => theirs.groupby(TWO_KEYS).col(["weight"]).sum()], 1);
const duckdb = await duckdbTables(data);
const query = (sql: string) => async () => (await duckdb.runAndReadAll(sql)).getColumns();
const [groupOurs, groupDuckdb] = await quickest(
  [
    () => mine.groupby(TWO_KEYS).col(["weight"]).sum(),
    query("select comm, module, sum(weight) from samples group by all"),
  ],
  RUNS,
);
line("groupby two keys, sum", groupOurs, groupDanfojs, "0.01", "danfojs");
line("groupby two keys, sum", groupOurs, groupDuckdb, "1", "DuckDB, enums, 2 threads");

const peer = arquero.table(typedArrays(sent));
const [sortOurs, sortArquero] = await quickest(
  [() => mine.sortValues("weight"), () => peer.orderby("weight").reify()],
  3,
);
line("sort by a number", sortOurs, sortArquero, "0.5", "arquero");
for (const { what, ours, arquero: expression } of FILTERS) {
  const [filterOurs, filterArquero] = await quickest(
    [
      () => ours(mine),
      () =>
        peer
          .params(PARAMS)
          .filter(expression as never)
          .reify(),
    ],
    RUNS,
  );
  line(`filter by ${what}`, filterOurs, filterArquero, "0.5", "arquero");
}
const polars = await besidePolars(SAMPLES);
for (const { what, ours, polars: others } of polars.measured) line(what, ours, others, "1", polars.version);

const TOTALS = `with counts as (select stack, count(*) n from samples group by stack),
  totals as (select f, sum(n) total from (select unnest(list_distinct(frames)) f, n from stacks join counts on id = stack) group by f),
  selfs as (select frames[-1] f, sum(n) self from stacks join counts on id = stack group by all)
  select f, coalesce(self, 0), total from totals left join selfs using (f) order by 2 desc`;
const [totalsOurs, totalsDuckdb] = await quickest(
  [() => ProfileFrame.fromProfile(data).byFunction(), query(TOTALS)],
  RUNS,
);
line("self and total by function", totalsOurs, totalsDuckdb, "0.333", "DuckDB, list_distinct, 2 threads");

process.stdout.write(`
${SAMPLES.toLocaleString("en-US")} samples, ${data.stacks.end.length} stacks, ${data.frames.name.length} functions, ${construct().shape[0]} rows; the quickest of ${RUNS} runs, of danfojs of one

${table(rows)}
${polars.skipped ?? ""}
`);
duckdb.closeSync();
