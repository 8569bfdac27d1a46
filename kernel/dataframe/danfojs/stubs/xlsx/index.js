// SheetJS, which is not in the npm registry. Spreadsheets are not part of this build.

function removed() {
  throw new Error(
    "danfojs: Excel files are not part of this build. Convert the sheet to CSV and use readCSV().",
  );
}

module.exports = {
  read: removed,
  readFile: removed,
  writeFile: removed,
  utils: { sheet_to_json: removed, aoa_to_sheet: removed },
};
