import type { Check } from "./checks/check.js";
import type { Command } from "./command.js";
import { parseOptions } from "./options.js";

const USAGE = `usage: proflab doctor [--json]

Looks for all that profile() and the kernel in Jupyter need, and says what helps where something is missing. It loads the
sampler's BPF program and samples this process for a moment. Status: 0, or 1 when something is missing.

  --json   an array of { name, state, found, remedy }; a state is ok, warning or missing
`;

const MARKS: Record<Check["state"], string> = { ok: "ok     ", warning: "warning", missing: "MISSING" };

async function run(list: string[]): Promise<void> {
  const { values } = parseOptions(list, { json: { type: "boolean" } });
  const { linuxChecks } = await import("./checks/linux.js");
  const { softwareChecks } = await import("./checks/software.js");
  const { jupyterChecks } = await import("./checks/jupyter.js");
  const checks = [...linuxChecks(), ...(await softwareChecks()), ...jupyterChecks()];
  process.stdout.write(values.json ? `${JSON.stringify(checks, null, 2)}\n` : lines(checks));
  if (checks.some(({ state }) => state === "missing")) process.exitCode = 1;
}

function lines(checks: readonly Check[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const indent = " ".repeat(MARKS.ok.length + width + 4);
  return checks
    .map(({ name, state, found, remedy }) => {
      const text = found.replaceAll("\n", `\n${indent}`);
      return `${MARKS[state]}  ${name.padEnd(width)}  ${text}\n${remedy && `${indent}→ ${remedy}\n`}`;
    })
    .join("");
}

export const command: Command = { usage: USAGE, run };
