import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkPrivateDirectory, checkSocketPath } from "../../bpf/sampler/private-directory.js";
import { PROTOCOL_VERSION } from "../../bpf/sampler/protocol.js";
import { SamplerError } from "./errors.js";

const SAMPLER = fileURLToPath(new URL("../../bpf/sampler/main.js", import.meta.url));
/**
 * What the sampler allocates at a window's end is little and short-lived: a young generation that holds it, collected by
 * one thread, is cheaper than several threads that wait for each other.
 */
export const V8_FLAGS = [
  "--min-semi-space-size=16",
  "--max-semi-space-size=16",
  "--single-threaded-gc",
  // V8 marks the whole heap again and again while little is allocated, to give memory back: a third of a calm window's CPU.
  "--no-memory-reducer",
  // Nor while the heap is as small as it stays: what a window needs is some 20 MB.
  "--initial-old-space-size=64",
];
/** Of the sampler, which needs a CPU for a moment every now and then, and soon: its rings fill where others keep both busy. */
const SAMPLER_NICE = -10;
const START_TIMEOUT_MS = 15_000;
const RETRY_MS = 15;

/**
 * A connection to this user's sampler, which is started when none answers.
 *
 * The directory of its socket is `PROFLAB_RUNTIME_DIR`, or `proflab` in `XDG_RUNTIME_DIR`, or `proflab-UID` in /tmp.
 *
 * @throws {SamplerError} when it cannot be started, with what it said
 */
export async function connectToSampler(): Promise<Socket> {
  const path = socketPath();
  const running = await tryConnect(path);
  if (running) return running;
  let sampler = startSampler(path);
  const deadline = Date.now() + START_TIMEOUT_MS;
  try {
    for (;;) {
      const socket = await tryConnect(path);
      if (socket) return socket;
      const { child, output } = sampler;
      const failed = child.pid === undefined || child.signalCode !== null || (child.exitCode ?? 0) !== 0;
      if (failed || Date.now() > deadline)
        throw new SamplerError(`the sampler did not start: ${output() || `no answer at ${path}`}`);
      // It also ends, with code 0, when another client's sampler came first; but that one has gone by now.
      if (child.exitCode === 0) sampler = startSampler(path);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  } finally {
    sampler.child.stderr?.destroy();
    sampler.child.unref();
  }
}

/** The socket's path, in a directory where nobody else can have put one. */
function socketPath(): string {
  const directory = runtimeDirectory();
  const path = join(directory, `sampler-${PROTOCOL_VERSION}.sock`);
  try {
    checkSocketPath(path);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    checkPrivateDirectory(directory);
  } catch (error) {
    throw new SamplerError(`the sampler cannot be reached: ${(error as Error).message}`);
  }
  return path;
}

function runtimeDirectory(): string {
  const { PROFLAB_RUNTIME_DIR, XDG_RUNTIME_DIR } = process.env;
  if (PROFLAB_RUNTIME_DIR) return PROFLAB_RUNTIME_DIR;
  return XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, "proflab") : join(tmpdir(), `proflab-${process.getuid?.()}`);
}

/** Starts the sampler in a session of its own: an interrupt of the notebook is not for it, and it has other clients. */
function startSampler(path: string): { child: ChildProcess; output: () => string } {
  let said = "";
  const child = spawn(process.execPath, [...V8_FLAGS, SAMPLER, path], {
    detached: true,
    cwd: "/",
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  if (child.pid !== undefined) prefer(child.pid);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
  });
  child.on("error", (error) => {
    said += error.message;
  });
  return { child, output: () => said.trim() };
}

/**
 * Has a new process and its session come first, as far as the user may say so.
 *
 * Linux shares CPUs among sessions first (sched(7), autogroup). A session of its own that is mostly idle waited for seconds
 * on two busy CPUs.
 */
function prefer(pid: number): void {
  for (const ask of [
    () => setPriority(pid, SAMPLER_NICE), // the threads that it will have inherit it
    () => writeFileSync(`/proc/${pid}/autogroup`, String(SAMPLER_NICE)),
  ])
    try {
      ask();
    } catch {} // without CAP_SYS_NICE, or on a Linux without autogroup, the sampler waits as others do
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(undefined));
  });
}
