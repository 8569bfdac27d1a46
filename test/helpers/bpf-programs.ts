import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Ids of the sampler programs that the kernel holds now, whoever loaded them. */
export function samplerPrograms(): number[] {
  const programs = JSON.parse(execFileSync("bpftool", ["--json", "prog", "list"], { encoding: "utf8" }));
  return (programs as { id: number; name?: string }[])
    .filter(({ name }) => name === "on_tick")
    .map(({ id }) => id);
}

/** Links of the given programs. */
export function linksOf(programs: readonly number[]): number[] {
  const links = JSON.parse(execFileSync("bpftool", ["--json", "link", "list"], { encoding: "utf8" }));
  return (links as { id: number; prog_id: number }[])
    .filter(({ prog_id }) => programs.includes(prog_id))
    .map(({ id }) => id);
}

/** Ids of the programs whose links these processes hold; other users' samplers do not count. */
export function programsAttachedBy(pids: readonly number[]): number[] {
  return [...new Set(pids.flatMap((pid) => descriptors(pid).flatMap((info) => attachedProgram(info))))];
}

function attachedProgram(info: string): number[] {
  const id = /^link_id:/m.test(info) ? /^prog_id:\s*(\d+)/m.exec(info)?.[1] : undefined;
  return id === undefined ? [] : [Number(id)];
}

/** What a process holds in the kernel for BPF and perf events, one line a descriptor, with the ids of what they are. */
export function heldInKernel(pid: number): string[] {
  const held: string[] = [];
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const kind = readlinkSync(`/proc/${pid}/fd/${fd}`);
      if (!/^anon_inode:.*(bpf|perf)/.test(kind)) continue;
      const facts = readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").match(
        /^(?:(?:map|prog|link)_(?:type|id)|value_size|max_entries):.*$/gm,
      );
      held.push([kind, ...(facts ?? [])].join(" ").replace(/\s+/g, " "));
    } catch {
      // closed since it was listed
    }
  }
  return held.sort();
}

/** Facts of each descriptor of a process. */
function descriptors(pid: number): string[] {
  return unlessGone(() => readdirSync(`/proc/${pid}/fdinfo`)).flatMap((fd) =>
    unlessGone(() => [readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8")]),
  );
}

/** Nothing for a process that has ended, or a descriptor that was closed since it was listed. */
function unlessGone(read: () => string[]): string[] {
  try {
    return read();
  } catch {
    return [];
  }
}
