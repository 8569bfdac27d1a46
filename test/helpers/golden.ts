import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// Of the sources, whether tests run from dist/ or not.
const folder = join(fileURLToPath(import.meta.url).replace("/dist/test/", "/test/"), "../../golden");

/** Compares a text with `test/golden/<name>`, or writes that file when UPDATE_GOLDEN=1. */
export function assertGolden(name: string, actual: string): void {
  const file = join(folder, name);
  if (process.env.UPDATE_GOLDEN === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  assert.equal(actual, readFileSync(file, "utf8"), `${name} differs; UPDATE_GOLDEN=1 accepts the change`);
}
