import type { ColumnFrame } from "../../kernel/dataframe/column-frame.js";
import type { TextSeries } from "../../kernel/dataframe/danfojs/text-series.js";

const LEAST_WEIGHT = 1_000_000;
const COMM = "worker-3";

/** A row of the benchmark's frame. */
interface Sample {
  weight: number;
  comm: string;
}

/** What arquero makes a program of: a function's text, whose numbers come as parameters. */
type Expression = (row: Sample, params: { least: number; comm: string }) => boolean;

interface Filter {
  readonly what: string;
  readonly ours: (frame: ColumnFrame) => ColumnFrame;
  readonly arquero: Expression;
  /** As polars has it, from its module; of conditions on columns, as ours are. */
  // biome-ignore lint/suspicious/noExplicitAny: the package is not among this one's
  readonly polars?: (pl: any) => unknown;
}

export const PARAMS = { least: LEAST_WEIGHT, comm: COMM };

const comm = (frame: ColumnFrame) => frame.column("comm") as TextSeries;
const isHeavy = (row: Sample) => row.weight > LEAST_WEIGHT;
const isHeavyOfOne = (row: Sample) => row.weight > LEAST_WEIGHT && row.comm === COMM;

/** Half of the rows, a sixteenth of them, and those of both; by a function of a row, and by conditions on columns. */
export const FILTERS: readonly Filter[] = [
  {
    what: "a function, numbers",
    ours: (frame) => frame.query(isHeavy as never),
    arquero: (row, $) => row.weight > $.least,
  },
  {
    what: "a function, numbers and text",
    ours: (frame) => frame.query(isHeavyOfOne as never),
    arquero: (row, $) => row.weight > $.least && row.comm === $.comm,
  },
  {
    what: "columns, numbers",
    ours: (frame) => frame.query(frame.column("weight").gt(LEAST_WEIGHT)),
    arquero: (row, $) => row.weight > $.least,
    polars: (pl) => pl.col("weight").gt(LEAST_WEIGHT),
  },
  {
    what: "columns, text",
    ours: (frame) => frame.query(comm(frame).eq(COMM)),
    arquero: (row, $) => row.comm === $.comm,
    polars: (pl) => pl.col("comm").eq(pl.lit(COMM)),
  },
  {
    what: "columns, numbers and text",
    ours: (frame) => frame.query(frame.column("weight").gt(LEAST_WEIGHT).and(comm(frame).eq(COMM))),
    arquero: (row, $) => row.weight > $.least && row.comm === $.comm,
    polars: (pl) =>
      pl
        .col("weight")
        .gt(LEAST_WEIGHT)
        .and(pl.col("comm").eq(pl.lit(COMM))),
  },
];
