import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { compareWithCode } from "./code-agreement.js";

const LIBRARIES = "/usr/lib/x86_64-linux-gnu";
const FILES = {
  libc: `${LIBRARIES}/libc.so.6`,
  libcrypto: `${LIBRARIES}/libcrypto.so.3`,
  "libstdc++": `${LIBRARIES}/libstdc++.so.6`,
  python3: "/usr/bin/python3",
};

/**
 * Most of the bytes of a file at which code may lead to another frame than the unwind data.
 *
 * What is left at less: the places where a stack is left for another one (setcontext, the child of clone), assembly whose
 * unwind data do not tell of its pushes (libc's multiplication, OpenSSL's), where the code is right, and a function of
 * python3's before which a call that does not return stands.
 */
const WRONG = 0.0005;
/** What is not told: calls that do not return, code that is found by tables alone, assembly that moves rsp about. */
const ABSTAINED = 0.2;

for (const [name, path] of Object.entries(FILES)) {
  if (!existsSync(path)) continue;
  test(`rows from code alone agree with the unwind data of ${name}`, (t) => {
    const { bytes, agreed, otherForm, abstained, wrong, wrongRbp, places } = compareWithCode(path);
    const shares = { agreed, otherForm, abstained, wrong, wrongRbp };
    const texts = Object.entries(shares).map(([what, n]) => `${((100 * n) / bytes).toFixed(3)} % ${what}`);
    t.diagnostic(`${name}: ${bytes} bytes, ${texts.join(", ")}`);
    assert.ok(bytes > 100_000);
    assert.ok(wrong + wrongRbp < WRONG * bytes, places.join("\n"));
    assert.ok(abstained < ABSTAINED * bytes, texts.join(", "));
    assert.ok(otherForm < 0.001 * bytes, texts.join(", "));
  });
}
