import { runBash } from "./bash.js";
import type { CellRun } from "./cell-run.js";
import type { Magic } from "./compilation.js";
import type { BundledModules } from "./globals.js";

type Profile = (run: () => Promise<unknown>, options: Record<string, unknown>) => Promise<unknown>;

/**
 * Runs a cell in the way that its magic asks for.
 *
 * @param evaluate runs the cell's TypeScript
 */
export async function runMagic(
  magic: Magic,
  run: CellRun,
  bundled: BundledModules,
  evaluate: () => Promise<void>,
): Promise<void> {
  switch (magic.kind) {
    case "bash":
      return runBash(magic.script);
    case "time":
      return timed(evaluate);
    case "profile": {
      const frame = await (bundled.proflab().profile as Profile)(async () => {
        await evaluate();
        return run.last;
      }, magic.options);
      run.last = frame;
      if (magic.name !== undefined) run.assign(magic.name, frame);
    }
  }
}

async function timed(evaluate: () => Promise<void>): Promise<void> {
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  try {
    await evaluate();
  } finally {
    const { user, system } = process.cpuUsage(before);
    const wallMs = Number(process.hrtime.bigint() - start) / 1e6;
    const parts = [`user ${duration(user / 1e3)}`, `system ${duration(system / 1e3)}`];
    console.log(
      `Wall time: ${duration(wallMs)}\nCPU time: ${duration((user + system) / 1e3)} (${parts.join(", ")})`,
    );
  }
}

/** With three digits. */
function duration(ms: number): string {
  if (ms >= 60_000) return `${Math.floor(ms / 60_000)} min ${((ms % 60_000) / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toPrecision(3)} s`;
  return ms >= 1 ? `${ms.toPrecision(3)} ms` : `${Math.round(ms * 1000)} µs`;
}
