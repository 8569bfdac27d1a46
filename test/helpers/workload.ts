import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cpuSecondsOf } from "../bench/cpu-time.js";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));

/** A program that runs until it is closed, and whose first line of output is its pid. */
export class Workload {
  private constructor(
    readonly child: ChildProcess,
    readonly pid: number,
  ) {}

  /** Compiles a C file of the repository so that every function has a frame pointer, and starts it. */
  static async fromC(source: string, flags: readonly string[] = []): Promise<Workload> {
    const program = join(mkdtempSync(join(tmpdir(), "proflab-test-")), basename(source, ".c"));
    execFileSync("gcc", ["-O0", "-g", "-pthread", ...flags, "-o", program, join(REPOSITORY, source)]);
    return Workload.start(program, []);
  }

  static async start(program: string, args: readonly string[]): Promise<Workload> {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`${program} ended with ${code} before it said its pid`)));
      child.stdout?.once("data", (text: Buffer) => resolve(Number.parseInt(text.toString(), 10)));
    });
    return new Workload(child, pid);
  }

  /**
   * Starts a program that is busy by itself and need not say anything; settles when it has used some CPU time.
   *
   * It ends with this process.
   */
  static async busy(command: readonly string[], cpuSeconds = 0.2): Promise<Workload> {
    const child = spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    await new Promise((resolve, reject) => child.once("spawn", resolve).once("error", reject));
    const pid = child.pid as number;
    while (child.exitCode === null && child.signalCode === null && cpuSecondsOf(pid) < cpuSeconds)
      await new Promise((resolve) => setTimeout(resolve, 20));
    if (child.exitCode !== null || child.signalCode !== null)
      throw new Error(`${command.join(" ")} ended with ${child.exitCode ?? child.signalCode}`);
    return new Workload(child, pid);
  }

  async close(): Promise<void> {
    rmSync(`/tmp/perf-${this.pid}.map`, { force: true, recursive: true }); // what it said of its own code
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGKILL");
    await ended;
  }
}
