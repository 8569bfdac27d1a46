import type { BpfObject, RingBuffer } from "libbpf-ts";
import type { Privileged } from "./privileged.js";
import type { UnwindMaps } from "./unwind-maps.js";

/** The sampler program in the kernel with its maps, attached to nothing. */
export interface LoadedProgram {
  readonly object: BpfObject;
  readonly ring: RingBuffer;
  readonly ringBytes: number;
}

/**
 * Keeps the program of the last stream, verified and detached, for the next: to load it takes some 80 ms of CPU, and
 * most windows come one after the other.
 */
export class ProgramPool {
  #idle: LoadedProgram | undefined;

  constructor(private readonly privileged: Pick<Privileged, "loadSampler">) {}

  /** A program with a ring buffer of that size, in which nothing is left. @throws what {@link Privileged.loadSampler} throws */
  take(ringBytes: number, maps: UnwindMaps): LoadedProgram {
    const idle = this.#idle;
    if (idle?.ringBytes === ringBytes) {
      this.#idle = undefined;
      // A tick that had begun when the program was detached may have written since.
      idle.ring.drainRaw(() => {});
      if (idle.ring.pendingBytes === 0) return idle;
      idle.object.close();
    }
    const object = this.privileged.loadSampler(ringBytes, maps);
    try {
      return { object, ring: object.ringBuffer("samples"), ringBytes };
    } catch (error) {
      object.close();
      throw error;
    }
  }

  /** Gives back a program whose links are closed and that no window is open in. */
  give(program: LoadedProgram): void {
    this.close();
    this.#idle = program;
  }

  close(): void {
    this.#idle?.object.close();
    this.#idle = undefined;
  }
}
