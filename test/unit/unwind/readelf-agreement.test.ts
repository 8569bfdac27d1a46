import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { compareWithReadelf } from "./readelf-agreement.js";

const LIBRARIES = "/usr/lib/x86_64-linux-gnu";

/**
 * What is compared where it is installed; libc is everywhere. `movedStacks`: longjmp three times, and setcontext;
 * `handlers`: the four functions of the unwinder that enter an exception's handler.
 */
const FILES: Record<string, { path: string; movedStacks: number; handlers?: number }> = {
  libc: { path: `${LIBRARIES}/libc.so.6`, movedStacks: 4 },
  "the dynamic loader": { path: "/lib64/ld-linux-x86-64.so.2", movedStacks: 1 },
  libgcc: { path: `${LIBRARIES}/libgcc_s.so.1`, movedStacks: 0, handlers: 4 },
  libcrypto: { path: `${LIBRARIES}/libcrypto.so.3`, movedStacks: 0 },
  "libstdc++": { path: `${LIBRARIES}/libstdc++.so.6`, movedStacks: 0 },
  python3: { path: "/usr/bin/python3", movedStacks: 0 },
  node: { path: process.execPath, movedStacks: 0 },
  libLLVM: { path: `${LIBRARIES}/libLLVM-14.so.1`, movedStacks: 0 },
};

for (const [name, { path, movedStacks, handlers = 0 }] of Object.entries(FILES)) {
  if (!existsSync(path)) continue;
  test(`every row of ${name} agrees with readelf`, async () => {
    const found = await compareWithReadelf(path);
    console.log(
      `${name}: ${found.functions} functions, ${found.rows} rows, ${found.holes} holes, ${found.byCode} with a rule by code`,
    );
    assert.deepEqual(found.differences, []);
    assert.ok(found.functions > 100 && found.rows > found.functions && found.expressions > 0);
    // The exceptions: rows that readelf shows in another form (see Comparison), and addresses of two functions.
    const { unsupportedRows, overlapped } = found;
    assert.ok(found.byCode <= found.holes / 10, `${found.byCode} ends of ${found.holes} holes`);
    assert.equal(found.handlers, handlers);
    assert.deepEqual(
      { movedStacks: found.movedStacks, overlapped, unsupportedRows },
      { movedStacks, overlapped: 0, unsupportedRows: 0 },
    );
  });
}
