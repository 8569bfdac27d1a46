import { isMissing } from "./columns/column.js";
import { ValueCodes } from "./columns/value-codes.js";
import { Series } from "./danfojs/index.js";

/** danfojs counts in a plain object, in which `constructor` is a function already, and 1 is "1". */
Object.defineProperty(Series.prototype, "valueCounts", {
  configurable: true,
  writable: true,
  /** How often each value occurs, under the value itself as index, in the order in which they first come. */
  value(this: Series): Series {
    const codes = new ValueCodes();
    const labels: (string | number)[] = [];
    const counts: number[] = [];
    for (const value of this.values as unknown[]) {
      const code = codes.of(value);
      if (code === labels.length) {
        labels.push(typeof value === "number" && !isMissing(value) ? value : String(value));
        counts.push(0);
      }
      counts[code]++;
    }
    return new Series(counts, { index: labels });
  },
});
