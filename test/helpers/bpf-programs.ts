import { execFileSync } from "node:child_process";

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
