import { existsSync, readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { capabilities, kernelRelease } from "libbpf-ts";
import { type Check, missing, ok, warning } from "./check.js";

/** The Linux that the walk of a stack needs: its loop, `bpf_loop`, came with it. */
const LINUX = [5, 17];
const BTF = "/sys/kernel/btf/vmlinux";

/** What each capability is for; without the first two nothing is sampled. */
const CAPABILITIES: readonly [name: string, use: string][] = [
  ["CAP_BPF", "loads the sampler's BPF program"],
  ["CAP_PERFMON", "opens the clock's events, and reads stacks"],
  ["CAP_SYSLOG", "shows the addresses of the Linux kernel's functions"],
  ["CAP_SYS_PTRACE", "reads the files of other users' processes"],
  ["CAP_DAC_READ_SEARCH", "reads files that only their owner may read"],
  ["CAP_CHECKPOINT_RESTORE", "reads programs and libraries that were deleted"],
];
const NEEDED = 2;

/** The machine, its kernel, and what this process may do with it. */
export function linuxChecks(): Check[] {
  return [machine(), kernel(), btf(), ...capabilityChecks(), ...sysctls()];
}

function machine(): Check {
  const found = `${platform()} on ${arch()}`;
  const isBuilt = platform() === "linux" && arch() === "x64";
  return isBuilt ? ok("machine", found) : missing("machine", found, "profile() is built for Linux on x86-64");
}

function kernel(): Check {
  const release = kernelRelease();
  const [major, minor] = release.split(/[.-]/).map(Number);
  const isNew = major > LINUX[0] || (major === LINUX[0] && minor >= LINUX[1]);
  return isNew ? ok("Linux", release) : missing("Linux", release, `Linux ${LINUX.join(".")} or newer`);
}

function btf(): Check {
  if (existsSync(BTF)) return ok("BTF", BTF);
  return missing("BTF", `no ${BTF}`, "a kernel built with CONFIG_DEBUG_INFO_BTF=y, as distributions' are");
}

function capabilityChecks(): Check[] {
  const held = capabilities();
  return CAPABILITIES.map(([name, use], i) => {
    if (held.has(name)) return ok(name, `held: ${use}`);
    const capability = name.slice("CAP_".length).toLowerCase();
    const options = `--inh-caps=+${capability} --ambient-caps=+${capability}`;
    const remedy = `start Jupyter as root, or give it with: sudo setpriv ${options} (several: +bpf,+perfmon)`;
    return (i < NEEDED ? missing : warning)(name, `not held: it ${use}`, remedy);
  });
}

/** Settings that take something away, unless the capabilities are held that they do not bind. */
function sysctls(): Check[] {
  const held = capabilities();
  const check = (name: string, isFine: (value: number) => boolean, lost: string, remedy: string): Check => {
    const value = sysctl(name);
    if (value === undefined) return warning(name, "cannot be read", "look at it as root");
    if (isFine(value)) return ok(name, String(value));
    return warning(name, `${value}: ${lost}`, remedy);
  };
  return [
    check(
      "kernel.perf_event_paranoid",
      (value) => value <= -1 || held.has("CAP_PERFMON"),
      "events of other processes need CAP_PERFMON",
      "give CAP_PERFMON",
    ),
    check(
      "kernel.unprivileged_bpf_disabled",
      (value) => value === 0 || held.has("CAP_BPF"),
      "BPF needs CAP_BPF",
      "give CAP_BPF; unprivileged BPF could not sample either",
    ),
    check(
      "kernel.kptr_restrict",
      (value) => value < 2 && (value === 0 || held.has("CAP_SYSLOG")),
      "functions of the Linux kernel have no names",
      "sysctl kernel.kptr_restrict=1, and give CAP_SYSLOG",
    ),
    check(
      "kernel.perf_event_max_sample_rate",
      (value) => value >= 997,
      "below the default of 997 Hz for a target that is named",
      "sysctl kernel.perf_event_max_sample_rate=100000",
    ),
  ];
}

function sysctl(name: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${name.replaceAll(".", "/")}`, "utf8"));
  } catch {
    return undefined;
  }
}
