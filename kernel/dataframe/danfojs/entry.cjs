"use strict";
// What scripts/build-danfojs.mjs bundles. Every verb of danfojs returns its base classes, of which the exported ones are
// subclasses, so that `df.head() instanceof DataFrame` was false and `df.head().toCSV()` threw. Here they are one.
const danfojs = require("danfojs-node");

function baseOf(exported) {
  const base = Object.getPrototypeOf(exported);
  for (const verb of ["toCSV", "toJSON", "toExcel"]) base.prototype[verb] = exported.prototype[verb];
  return base;
}

/** danfojs would throw these from a callback, which ends the process. */
async function readExcel() {
  throw new Error(
    "danfojs: Excel files are not part of this build. Convert the sheet to CSV and use readCSV().",
  );
}

function localOnly(name) {
  return async (path, ...rest) => {
    if (!/^https?:/.test(path)) return danfojs[name](path, ...rest);
    throw new Error(
      `danfojs: ${name}() of remote files is not part of this build. Write what fetch() gives to a file first.`,
    );
  };
}

module.exports = {
  ...danfojs,
  DataFrame: baseOf(danfojs.DataFrame),
  Series: baseOf(danfojs.Series),
  readExcel,
  readCSV: localOnly("readCSV"),
  streamCSV: localOnly("streamCSV"),
  readJSON: localOnly("readJSON"),
  streamJSON: localOnly("streamJSON"),
};
