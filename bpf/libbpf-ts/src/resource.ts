import { closeSync } from "node:fs";
import { ClosedError } from "./errors.js";

/**
 * Something that holds kernel objects or mapped memory until close().
 *
 * Closing it first closes what it owns. Garbage collection closes nothing.
 */
export abstract class Resource implements Disposable {
  /** What messages call it, for example `map "events"`. */
  readonly title: string;
  readonly #owner: Resource | undefined;
  readonly #owned = new Set<Resource>();
  #closed = false;

  /** @internal */
  constructor(title: string, owner?: Resource) {
    owner?.assertOpen();
    this.title = title;
    this.#owner = owner;
    if (owner !== undefined) owner.#owned.add(this);
  }

  /** True after close(). */
  get closed(): boolean {
    return this.#closed;
  }

  /** Gives everything back. A second call does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#owner !== undefined) this.#owner.#owned.delete(this);
    try {
      for (const owned of [...this.#owned].reverse()) owned.close();
    } finally {
      this.release();
    }
  }

  /** The same as close(), for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @internal */
  assertOpen(): void {
    if (this.#closed) throw new ClosedError(this.title);
  }

  /** @internal Called once, by close(). */
  protected abstract release(): void;
}

/** A resource that is a file descriptor: its own, or one lent by an object that closes it. */
export abstract class Descriptor extends Resource {
  readonly #fd: number;
  readonly #lender: Resource | undefined;

  /** @internal */
  constructor(title: string, fd: number, { lender, owner }: { lender?: Resource; owner?: Resource } = {}) {
    if (!Number.isInteger(fd) || fd < 0) throw new RangeError(`${fd} is not a file descriptor`);
    super(title, owner);
    this.#fd = fd;
    this.#lender = lender;
  }

  /**
   * The file descriptor, for calls that this package does not have. Do not close it.
   *
   * @throws {ClosedError} after close(), also of the object that it belongs to
   */
  get fd(): number {
    this.#lender?.assertOpen();
    this.assertOpen();
    return this.#fd;
  }

  /** @internal What closes the descriptor, and so owns what is made from it. */
  get holder(): Resource {
    return this.#lender ?? this;
  }

  /** @internal */
  protected override release(): void {
    if (this.#lender === undefined) closeSync(this.#fd);
  }
}
