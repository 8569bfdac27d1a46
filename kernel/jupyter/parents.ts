import type { Request } from "./session.js";

/** Requests whose code may still speak after its end; what an older one prints is taken for the latest one's. */
const REMEMBERED = 1000;

/** The requests that code runs for, by the number under which it was compiled: output belongs to the one that began it. */
export class Parents {
  readonly #requests = new Map<number, Request>();
  #latest: Request | undefined;

  /** Takes a request whose code is about to run. */
  add(number: number, request: Request): void {
    this.#latest = request;
    this.addCallback(number, request);
  }

  /** Takes a request that a callback answers while cells run: what belongs to nobody stays the latest cell's. */
  addCallback(number: number, request: Request): void {
    this.#requests.set(number, request);
    if (this.#requests.size <= REMEMBERED) return;
    for (const oldest of this.#requests.keys()) {
      this.#requests.delete(oldest);
      break;
    }
  }

  /** The request of a number; the latest for one that is not known; undefined before the first. */
  get(number: number | undefined): Request | undefined {
    return (number === undefined ? undefined : this.#requests.get(number)) ?? this.#latest;
  }
}
