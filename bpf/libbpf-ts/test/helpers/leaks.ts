import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import koffi from "koffi";

/** What a process can leave behind in the kernel. */
export interface Holdings {
  /** Descriptors of BPF objects and perf events, by what /proc says of each. */
  descriptors: Record<string, number>;
  /** Shared mappings of BPF maps. */
  mappings: number;
  /** Programs in the kernel, whoever loaded them. */
  programs: number[];
}

/** Counts what this process holds now. */
export function holdings(): Holdings {
  const descriptors: Record<string, number> = {};
  for (const fd of readdirSync("/proc/self/fd")) {
    const link = linkOf(`/proc/self/fd/${fd}`);
    if (/bpf|perf_event/.test(link)) descriptors[link] = (descriptors[link] ?? 0) + 1;
  }
  const mappings = readFileSync("/proc/self/maps", "utf8").match(/anon_inode:bpf-map/g)?.length ?? 0;
  return { descriptors, mappings, programs: programIds() };
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // the listing's own descriptor
  }
}

const BPF_PROG_GET_NEXT_ID = 11;
const SYS_bpf = process.arch === "x64" ? 321 : 280;
const bpf = koffi.load(null).func("long syscall(long number, int command, void *attr, unsigned int size)");

function programIds(): number[] {
  const ids: number[] = [];
  // union bpf_attr: start_id, next_id, open_flags.
  const attr = Uint32Array.of(0, 0, 0);
  while (bpf(SYS_bpf, BPF_PROG_GET_NEXT_ID, attr, attr.byteLength) === 0) {
    ids.push(attr[1]);
    attr[0] = attr[1];
  }
  return ids;
}
