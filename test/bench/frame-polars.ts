import { decoded, sampleFrame, sentProfile, typedArrays } from "./frame-data.js";
import { FILTERS } from "./frame-filters.js";
import { quickest } from "./quickest.js";

/** Prints what sorting and filtering cost here and with polars, as JSON: `frame-polars.js PATH-OF-NODEJS-POLARS SAMPLES`. */
const [path, samples] = process.argv.slice(2);
const RUNS = 15;

const { default: pl } = await import(path);
const sent = sentProfile(Number(samples));
const mine = sampleFrame(decoded(sent));
const theirs = pl.DataFrame(
  Object.entries(typedArrays(sent)).map(([name, values]) => pl.Series(name, values)),
);
const measured: { what: string; ours: number; polars: number }[] = [];
async function measure(what: string, works: (() => unknown)[], runs: number): Promise<void> {
  const [ours, polars] = await quickest(works, runs);
  measured.push({ what, ours, polars });
}

await measure("sort by a number", [() => mine.sortValues("weight"), () => theirs.sort("weight")], 5);
for (const { what, ours, polars } of FILTERS)
  if (polars) await measure(`filter by ${what}`, [() => ours(mine), () => theirs.filter(polars(pl))], RUNS);
process.stdout.write(JSON.stringify(measured));
