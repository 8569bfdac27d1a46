import { hasEnded } from "./proc-stat.js";
import type { ProcessImage } from "./process-image.js";

/** How long after a process's first thread has ended it is looked for again, in milliseconds. */
const EXIT_CHECK_MS = 1000;

/** Processes whose first thread has ended, which others may outlive. */
export class ExitedProcesses {
  readonly #exited = new Map<number, { image: ProcessImage; checkMs: number }>();

  add(image: ProcessImage): void {
    this.#exited.set(image.pid, { image, checkMs: performance.now() + EXIT_CHECK_MS });
  }

  /**
   * Takes out those that are gone as a whole. Pids that another process has by now are not among them.
   *
   * @param latest the latest image that is known of a pid
   */
  takeGone(latest: (pid: number) => ProcessImage | undefined): number[] {
    const now = performance.now();
    const gone: number[] = [];
    for (const [pid, exited] of this.#exited) {
      if (exited.checkMs > now) continue;
      const isReused = latest(pid) !== exited.image;
      if (!isReused && !hasEnded(pid)) {
        exited.checkMs = now + EXIT_CHECK_MS;
        continue;
      }
      this.#exited.delete(pid);
      if (!isReused) gone.push(pid);
    }
    return gone;
  }
}
