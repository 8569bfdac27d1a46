import assert from "node:assert/strict";
import test from "node:test";
import { tableFromArrays } from "@uwdata/flechette";
import { jupyterDisplay } from "../../../kernel/display/mime.js";
import { toMimeBundle } from "../../../kernel/display/mime-bundle.js";
import { html, md, svg } from "../../../kernel/display/tagged.js";

const HOSTILE = `<img src=x onerror="alert('1')">`;

/** As much of danfojs as the display looks at. */
function frame(columns: string[], values: unknown[], index = values.map((_, i) => i)) {
  const isSeries = !Array.isArray(values[0]);
  const shape = isSeries ? [values.length] : [values.length, columns.length];
  return { $data: values, columns, index, shape, values, toString: () => "as text" };
}

test("plain values are text without colours", async () => {
  assert.deepEqual(await toMimeBundle(42), { "text/plain": "42" });
  assert.deepEqual(await toMimeBundle("a"), { "text/plain": "'a'" });
  assert.deepEqual(await toMimeBundle(null), { "text/plain": "null" });
  assert.deepEqual(await toMimeBundle({ a: [1] }), { "text/plain": "{ a: [ 1 ] }" });
});

test("typed arrays are cut after 20 items", async () => {
  const { "text/plain": text } = await toMimeBundle(new Float64Array(1000));
  assert.match(String(text), /^Float64Array\(1000\) \[[\s\S]*980 more items/);
});

test("an error is its stack", async () => {
  const { "text/plain": text } = await toMimeBundle(new RangeError("too far"));
  assert.match(String(text), /^RangeError: too far\n {4}at /);
});

test("Jupyter.display decides, synchronous or not, before the other conventions", async () => {
  const value = { [jupyterDisplay]: () => ({ "text/html": "<b>1</b>" }), toHtml: () => "no" };
  assert.deepEqual(await toMimeBundle(value), { "text/html": "<b>1</b>", "text/plain": "[Object]" });
  const later = { [jupyterDisplay]: async () => ({ "text/plain": "later" }) };
  assert.deepEqual(await toMimeBundle(later), { "text/plain": "later" });
});

test("_toMime, _toHtml, toHtml and toPng are asked when they are functions", async () => {
  assert.deepEqual(await toMimeBundle({ _toMime: () => ({ "text/plain": "m" }) }), { "text/plain": "m" });
  assert.equal((await toMimeBundle({ _toHtml: () => "<i>" }))["text/html"], "<i>");
  assert.equal((await toMimeBundle({ toHtml: async () => "<u>" }))["text/html"], "<u>");
  assert.equal((await toMimeBundle({ toPng: () => Buffer.from("png") }))["image/png"], "cG5n");
  assert.deepEqual(await toMimeBundle({ toHtml: "text" }), { "text/plain": "{ toHtml: 'text' }" });
});

test("bytes in a bundle travel as base64", async () => {
  const value = { [jupyterDisplay]: () => ({ "image/png": new Uint8Array([1, 2, 3]), "text/plain": "" }) };
  assert.equal((await toMimeBundle(value))["image/png"], "AQID");
});

test("a display method that fails, or gives no bundle, is an error", async () => {
  const fails = { [jupyterDisplay]: () => Promise.reject(new RangeError("no")) };
  await assert.rejects(toMimeBundle(fails), RangeError);
  await assert.rejects(toMimeBundle({ [jupyterDisplay]: () => "text" }), TypeError);
});

test("a danfojs frame is an escaped table of 50 rows, and text", async () => {
  const rows = Array.from({ length: 1060 }, (_, i) => [i, HOSTILE]);
  const bundle = await toMimeBundle(frame(["n", HOSTILE], rows));
  const table = String(bundle["text/html"]);
  assert.equal(table.match(/<tr>/g)?.length, 51);
  assert.match(table, /… 1,010 more/);
  assert.doesNotMatch(table, /<img/);
  assert.match(
    String(bundle["text/plain"]),
    /^ {5}n {2}<img [\s\S]*\n49 {2}49 {2}<img src=x onerror="alert\('1'\)">\n… 1,010 more$/,
  );
});

test("a long cell is cut and has the whole in its title", async () => {
  const long = `${"a".repeat(200)}"`;
  const { "text/html": table } = await toMimeBundle(frame(["c"], [[long]]));
  assert.match(String(table), /title="a{200}&#34;"/);
  assert.match(String(table), />a{79}…</);
});

test("the text of a table has whole cells, on one line each, and few columns", async () => {
  const long = "a".repeat(200);
  const { "text/plain": text } = await toMimeBundle(frame(["c", "n"], [[`${long}\n\u001b[31m`, 1.5]]));
  assert.equal(text, `   c${" ".repeat(59)}    n\n0  ${long}\\n\\x1b[31m  1.5`);
  const columns = Array.from({ length: 300 }, (_, i) => `c${i}`);
  const wide = await toMimeBundle(frame(columns, [columns.map((_, i) => i)]));
  assert.match(String(wide["text/plain"]), / 99\n… 200 more columns$/);
});

test("a frame without rows says so", async () => {
  assert.equal((await toMimeBundle(frame(["a", "b"], [])))["text/plain"], "  a  b\nno rows");
  assert.equal((await toMimeBundle(frame([], [])))["text/plain"], "no rows");
});

test("Arrow tables of either library are tables", async () => {
  const columns = { id: [1n, 2n], name: ["<b>", null] };
  const names = Object.keys(columns) as (keyof typeof columns)[];
  const schema = { fields: names.map((name) => ({ name })) };
  const apache = {
    numRows: 2,
    schema,
    getChildAt: (i: number) => ({ get: (row: number) => columns[names[i]][row] }),
  };
  for (const table of [apache, tableFromArrays({ id: [1, 2], name: ["<b>", null] })]) {
    const bundle = await toMimeBundle(table);
    assert.match(String(bundle["text/html"]), /<th[^>]*>id<\/th>.*<td[^>]*>&#60;b&#62;<\/td>/);
    assert.equal(bundle["text/plain"], "id  name\n 1  <b>\n 2  ");
  }
});

test("a series is a table of one column", async () => {
  const { "text/html": table } = await toMimeBundle(frame(["c"], [1, 2], [0, 1]));
  assert.equal(String(table).match(/<td/g)?.length, 2);
});

test("templates show themselves", async () => {
  assert.equal((await toMimeBundle(html`<b>${1}</b>`))["text/html"], "<b>1</b>");
  assert.equal((await toMimeBundle(md`# ${"a"}`))["text/markdown"], "# a");
  assert.equal((await toMimeBundle(svg`<svg/>`))["image/svg+xml"], "<svg/>");
});
