import { spawn } from "node:child_process";
import { FormatError, type FormatSource } from "./format-error.js";

/** With what a file of `perf record` begins. */
const MAGIC = "PERFILE2";
/** Text of perf; Node holds no more in one piece. */
const MAX_TEXT = 2 ** 31 - 1;

export function isPerfData(bytes: Uint8Array): boolean {
  return (
    Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, MAGIC.length)).toString("latin1") ===
    MAGIC
  );
}

/**
 * What `perf script` prints of a file of `perf record`: it alone knows the mappings, and finds the symbols.
 *
 * Throws a FormatError when perf is not in PATH or refuses the file, with what it said.
 */
export async function perfScriptText(file: string): Promise<FormatSource> {
  const fail = (problem: string): never => {
    throw new FormatError(file, "perf.data", "byte 0", problem);
  };
  const args = ["script", "--header", "--ns", "-F", "+pid", "-i", file];
  const perf = spawn("perf", args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DEBUGINFOD_URLS: "", PERF_PAGER: "cat" }, // nothing is fetched
  });
  const parts: Buffer[] = [];
  let size = 0;
  let said = "";
  perf.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-2000);
  });
  perf.stdout.on("data", (part: Buffer) => {
    size += part.length;
    if (size > MAX_TEXT) perf.kill();
    else parts.push(part);
  });
  const code = await new Promise<number | string | null>((resolve) => {
    perf.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    perf.on("close", (status) => resolve(status));
  });
  if (code === "ENOENT")
    fail(
      "a file of perf record is read by perf script, and perf is not in PATH. Install it (Debian: linux-perf, Ubuntu: " +
        "linux-tools-generic), or run `perf script > profile.txt` where the file was recorded, and read that",
    );
  if (size > MAX_TEXT) fail(`expected at most ${MAX_TEXT} bytes of text from perf script`);
  if (code !== 0) fail(`perf script ended with ${code}: ${said.trim() || "without a word"}`);
  return { file, bytes: Buffer.concat(parts) };
}
