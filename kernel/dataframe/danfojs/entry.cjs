"use strict";
// What scripts/build-danfojs.mjs bundles. Every verb of danfojs returns its base classes, of which the exported ones are
// subclasses, so that `df.head() instanceof DataFrame` was false and `df.head().toCSV()` threw. Here they are one.
const danfojs = require("danfojs-node");

function baseOf(exported) {
  const base = Object.getPrototypeOf(exported);
  for (const verb of ["toCSV", "toJSON", "toExcel"]) base.prototype[verb] = exported.prototype[verb];
  return base;
}

module.exports = { ...danfojs, DataFrame: baseOf(danfojs.DataFrame), Series: baseOf(danfojs.Series) };
