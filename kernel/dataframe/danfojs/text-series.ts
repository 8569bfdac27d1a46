import type { Series } from "./types.js";

/** A Series of text. danfojs compares text, but its types allow only numbers to be compared with. */
export type TextSeries = Series & TextComparisons;

interface TextComparisons {
  eq(other: string | readonly string[]): Series;
  ne(other: string | readonly string[]): Series;
  lt(other: string | readonly string[]): Series;
  le(other: string | readonly string[]): Series;
  gt(other: string | readonly string[]): Series;
  ge(other: string | readonly string[]): Series;
}
