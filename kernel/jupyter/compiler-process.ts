import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import {
  COMPILER_FLAGS,
  COMPILER_PROGRAM,
  markSnapshotUsed,
  snapshotPath,
  takeSnapshot,
} from "./compiler-snapshot.js";
import { lastWords } from "./death.js";

/** By then the kernel has answered its first cell, even without a snapshot. */
const SNAPSHOT_DELAY_MS = 5000;

/** A running compiler, and the way to talk to it: a line of JSON each. */
export interface CompilerProcess {
  child: ChildProcess;
  channel: Socket;
  /** Where the snapshot is that it was started from. */
  snapshot?: string;
  /** The end of what it printed to stderr. */
  errors(): string;
}

/** Starts a compiler for a notebook's folder; from the snapshot where there is one, which is later taken if not. */
export function startCompiler(directory: string): CompilerProcess {
  const path = snapshotPath();
  const snapshot = path && existsSync(path) ? path : undefined;
  if (snapshot) markSnapshotUsed(snapshot);
  else if (path) takeSnapshotLater(path);
  const program = snapshot ? ["--snapshot-blob", snapshot] : [COMPILER_PROGRAM];
  const child = spawn(process.execPath, [...COMPILER_FLAGS, ...program, directory], {
    stdio: ["ignore", "inherit", "pipe", "pipe"],
    env: environment(),
  });
  let errors = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    errors = lastWords(errors + text);
    process.stderr.write(text);
  });
  return { child, channel: child.stdio[3] as Socket, snapshot, errors: () => errors };
}

/**
 * The environment without what only costs time: certificates, which Node reads at each start and a compiler does not use.
 *
 * The C library takes the 80 MB into which Node reads the snapshot in large pages: half of the page faults. It has one
 * arena for all threads: V8's, which optimize and collect, each kept megabytes that they had given back.
 */
function environment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, GLIBC_TUNABLES: tunables, ...rest } = process.env;
  const own = ["glibc.malloc.hugetlb=1", "glibc.malloc.arena_max=1"];
  return { ...rest, GLIBC_TUNABLES: [tunables, ...own].filter(Boolean).join(":") };
}

let isSnapshotTaken = false;

/** Once: a compiler that is started again has the same snapshot to wait for. */
function takeSnapshotLater(path: string): void {
  if (isSnapshotTaken) return;
  isSnapshotTaken = true;
  setTimeout(() => void takeSnapshot(path, true), SNAPSHOT_DELAY_MS).unref();
}
