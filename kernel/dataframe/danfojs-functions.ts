import { ColumnFrame } from "./column-frame.js";
import { columnOf } from "./columns/column-of.js";
import { type DataFrame, dfd } from "./danfojs/index.js";
import type { MergeOptions } from "./merge.js";
import "./series-counts.js";

const { merge, toCSV } = dfd;

/** The functions of danfojs that take a frame, which for ours are its own verbs: danfojs's join keys by `_`, and quote nothing. */
Object.assign(dfd, {
  merge(params: Parameters<typeof merge>[0]) {
    const { left, right, on, how } = params;
    if (!(left instanceof ColumnFrame || right instanceof ColumnFrame)) return merge(params);
    return columnFrame(left as DataFrame).merge(right as DataFrame, { on, how: how as MergeOptions["how"] });
  },
  toCSV(frame: DataFrame, options?: Parameters<typeof toCSV>[1]) {
    return frame instanceof ColumnFrame ? frame.toCSV(options) : toCSV(frame, options);
  },
});

/** A frame of danfojs, with our columns. */
export function columnFrame(frame: DataFrame): ColumnFrame {
  if (frame instanceof ColumnFrame) return frame;
  return new ColumnFrame(
    frame.columns.map((name) => ({ name, column: columnOf(frame.column(name).values as unknown[]) })),
  );
}
