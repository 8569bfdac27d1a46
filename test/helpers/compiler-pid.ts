import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

/** The child of the kernel that is a compiler. */
export function compilerOf(kernel: number): number {
  const children = readdirSync(`/proc/${kernel}/task`).flatMap((thread) =>
    readFileSync(`/proc/${kernel}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  const found = children.find((pid) => {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return /compiler/.test(command) && !command.includes("--build-snapshot"); // which another child may be at
  });
  assert.ok(found, "a compiler");
  return Number(found);
}
