import { readFileSync } from "node:fs";
import { arch, cpus, release } from "node:os";
import { libbpfVersion, onlineCpus } from "libbpf-ts";

/** Facts about the machine that go with every result. */
export interface HostFacts {
  kernel: string;
  machine: string;
  cpuModel: string;
  cpuCount: number;
  libbpf: string;
  sampler: string;
}

export function hostFacts(): HostFacts {
  constant ??= {
    kernel: release(),
    machine: arch(),
    cpuModel: cpus()[0]?.model.trim() || "unknown",
    libbpf: libbpfVersionIfPresent(),
    sampler: packageVersion(),
  };
  return { ...constant, cpuCount: onlineCpus().length };
}

let constant: Omit<HostFacts, "cpuCount"> | undefined;

/** Version of the package that this file was shipped in. */
export function packageVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function libbpfVersionIfPresent(): string {
  try {
    return libbpfVersion();
  } catch {
    return "not found";
  }
}
