import type { TestContext } from "node:test";
import { openObject, PermissionError } from "../../src/index.js";
import { fixture } from "./fixture.js";

let refusal: PermissionError | undefined | "unknown" = "unknown";

/**
 * Tells whether BPF may be used; if not, the test is skipped, or fails where REQUIRE_BPF=1.
 *
 * Only a PermissionError counts as "may not": any other failure is a failure of the test.
 */
export function requireBpf(t: TestContext): boolean {
  if (refusal === "unknown") refusal = tryToLoad();
  if (refusal === undefined) return true;
  if (process.env.REQUIRE_BPF === "1") throw refusal;
  t.skip(refusal.message);
  return false;
}

function tryToLoad(): PermissionError | undefined {
  try {
    openObject(fixture("sampler")).load().close();
    return undefined;
  } catch (error) {
    if (error instanceof PermissionError) return error;
    throw error;
  }
}
