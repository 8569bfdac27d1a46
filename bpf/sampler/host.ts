import { readFileSync } from "node:fs";
import { arch, cpus, release } from "node:os";
import { libbpfVersion } from "libbpf-ts";

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
  const processors = cpus();
  return {
    kernel: release(),
    machine: arch(),
    cpuModel: processors[0]?.model.trim() || "unknown",
    cpuCount: processors.length,
    libbpf: libbpfVersionIfPresent(),
    sampler: packageVersion(),
  };
}

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
