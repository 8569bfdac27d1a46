import { readFileSync } from "node:fs";
import { capabilities } from "./capabilities.js";

/** What an operation needs, what of it is missing now, and the remedy, from facts read at this moment. */
export function describePrivileges(needs: readonly string[]): { missing: string[]; text: string } {
  const effective = capabilities();
  const missing = needs.filter((name) => !effective.has(name));
  const state = needs.map((name) => `${name} ${effective.has(name) ? "present" : "missing"}`);
  const settings = ["kernel.perf_event_paranoid", "kernel.unprivileged_bpf_disabled"].map(
    (name) => `${name} = ${sysctl(name)}`,
  );
  const facts = [...state, ...settings].join(", ");
  if (missing.length === 0) {
    const reason =
      needs.length === 0
        ? "the descriptor does not allow it (a frozen or read-only map)"
        : "no capability is missing: a user namespace, seccomp, lockdown or a security module forbids it";
    return { missing, text: `${reason} (${facts})` };
  }
  const short = missing.map((name) => `+${name.slice("CAP_".length).toLowerCase()}`).join(",");
  return {
    missing,
    text:
      `needs ${needs.join(" and ")} (${facts}). Any one of: run as root; ` +
      `start under \`sudo setpriv --inh-caps=${short} --ambient-caps=${short} …\`; ` +
      "adopt descriptors that a privileged process opened",
  };
}

function sysctl(name: string): string {
  try {
    return readFileSync(`/proc/sys/${name.replace(".", "/")}`, "utf8").trim();
  } catch {
    return "unreadable";
  }
}
