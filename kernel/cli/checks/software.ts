import { createRequire } from "node:module";
import { libbpfVersion } from "libbpf-ts";
import { type Check, missing, ok } from "./check.js";

const NODE = [20, 19];
const LIBBPF_MAJOR = 1;
/** Long enough for some ticks on a machine that is busy, too. */
const WINDOW = "300ms";

/** Node, libbpf, the package itself, and whether a window can be sampled with them. */
export async function softwareChecks(): Promise<Check[]> {
  return [proflab(), node(), libbpf(), await sampling()];
}

function proflab(): Check {
  const { version } = createRequire(import.meta.url)("../../../../package.json");
  return ok("proflab", version);
}

function node(): Check {
  const { node } = process.versions;
  const [major, minor] = node.split(".").map(Number);
  const isNew = major > NODE[0] || (major === NODE[0] && minor >= NODE[1]);
  return isNew ? ok("Node.js", node) : missing("Node.js", node, `Node.js ${NODE.join(".")} or newer`);
}

function libbpf(): Check {
  try {
    const version = libbpfVersion();
    const isNew = Number(version.split(".")[0]) >= LIBBPF_MAJOR;
    return isNew ? ok("libbpf", version) : missing("libbpf", version, "libbpf 1.0 or newer");
  } catch (error) {
    return missing("libbpf", (error as Error).message, "apt install libbpf1, or dnf install libbpf");
  }
}

/** The real thing: the sampler's program is loaded and sees ticks while this process is busy. */
async function sampling(): Promise<Check> {
  const { profile } = await import("../../profile/profile.js");
  const name = "profile()";
  try {
    const frame = await profile({ pid: process.pid, duration: WINDOW, includeIdle: true, progress: false });
    const { ticks, dropped } = frame.meta.accounting;
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    if (ticks > 0) return ok(name, `${ticks} ticks in ${WINDOW}, ${lost} dropped`);
    return missing(name, `no tick in ${WINDOW}`, "the clock (cpu-clock) does not fire on this machine");
  } catch (error) {
    const { name: kind, message } = error as Error;
    return missing(name, `${kind}: ${message}`, "see the lines that are not ok");
  }
}
