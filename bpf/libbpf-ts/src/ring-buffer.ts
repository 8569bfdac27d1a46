import type { BpfMap } from "./map.js";
import { Memory, pageSize } from "./memory.js";
import { Resource } from "./resource.js";

// struct bpf_ringbuf_hdr, kernel/bpf/ringbuf.c; the bits from include/uapi/linux/bpf.h. The busy bit is the sign of
// an Int32.
const headerBytes = 8;
const BPF_RINGBUF_DISCARD_BIT = 1 << 30;
const lengthMask = BPF_RINGBUF_DISCARD_BIT - 1;

/** Space goes back to BPF each time a drain has read this share of the ring, not only at its end. */
const releaseShare = 1 / 16;

/**
 * The reading side of a BPF ring buffer, in place and without system calls.
 *
 * One reader at a time: the position is shared through the map. Closed with the object that the map came from.
 */
export class RingBuffer extends Resource {
  /** Size of the ring in bytes. */
  readonly sizeBytes: number;
  readonly #consumerMemory: Memory;
  readonly #producerMemory: Memory;
  #consumer: BigUint64Array | undefined;
  #producer: BigUint64Array | undefined;
  #headers: Int32Array | undefined;
  #data: Uint8Array | undefined;
  #consumed: number;
  #isDraining = false;

  /** Maps the ring of a map of type "ringbuf". */
  constructor({ fd, info, title, holder }: Pick<BpfMap, "fd" | "info" | "title" | "holder">) {
    if (info.type !== "ringbuf") throw new TypeError(`${title} is a ${info.type}, not a ring buffer`);
    // ringbuf_map_mmap_kern: page 0 is the consumer's and writable, page 1 the producer's, then the data twice, so
    // that a record that wraps around is still one piece.
    const page = pageSize();
    const ringBytes = 2 * info.maxEntries;
    const consumer = new Memory(`map ${title}`, fd, page, 0, true);
    const producer = orUnmap(consumer, () => new Memory(`map ${title}`, fd, page + ringBytes, page, false));
    super(`ring buffer of ${title}`, holder);
    this.sizeBytes = info.maxEntries;
    this.#consumerMemory = consumer;
    this.#producerMemory = producer;
    this.#consumer = new BigUint64Array(consumer.buffer, 0, 1);
    this.#producer = new BigUint64Array(producer.buffer, 0, 1);
    this.#headers = new Int32Array(producer.buffer, page, ringBytes / 4);
    this.#data = new Uint8Array(producer.buffer, page, ringBytes);
    this.#consumed = Number(Atomics.load(this.#consumer, 0));
  }

  /** Bytes that BPF has reserved and that were not read yet, headers included. */
  get pendingBytes(): number {
    this.assertOpen();
    return Number(Atomics.load(this.#producer!, 0)) - this.#consumed;
  }

  /**
   * Calls `read` for every committed record, oldest first, and returns how many there were.
   *
   * `ring` is one and the same array in each call and the record is `length` bytes from `start`: nothing is
   * allocated for a record. It is ring memory, valid until `read` returns and never to be kept. A record counts
   * as read also when `read` throws. Discarded records are skipped; at one not yet committed the drain ends.
   *
   * @throws {ClosedError} after close()
   */
  drainRaw(read: (ring: Uint8Array, start: number, length: number) => void, maxRecords = Infinity): number {
    this.assertOpen();
    if (this.#isDraining) throw new Error(`${this.title} is being drained already`);
    const [data, headers, size] = [this.#data!, this.#headers!, this.sizeBytes];
    const produced = Number(Atomics.load(this.#producer!, 0));
    let records = 0;
    let released = this.#consumed;
    this.#isDraining = true;
    try {
      while (this.#consumed < produced && records < maxRecords && !this.closed) {
        const start = this.#consumed % size;
        const header = Atomics.load(headers, start >>> 2);
        if (header < 0) break;
        const length = header & lengthMask;
        this.#consumed += (headerBytes + length + 7) & ~7;
        if ((header & BPF_RINGBUF_DISCARD_BIT) === 0) {
          records++;
          read(data, start + headerBytes, length);
        }
        if (this.#consumed - released >= size * releaseShare) released = this.#releaseSpace();
      }
    } finally {
      this.#releaseSpace();
      this.#isDraining = false;
      if (this.closed) this.#unmap();
    }
    return records;
  }

  /** The same as drainRaw with a view of each record; it too is valid only until `read` returns. */
  drain(read: (record: Uint8Array) => void, maxRecords = Infinity): number {
    return this.drainRaw((ring, start, length) => read(ring.subarray(start, start + length)), maxRecords);
  }

  /** Returns copies of all committed records, oldest first. */
  read(maxRecords = Infinity): Uint8Array[] {
    const records: Uint8Array[] = [];
    this.drainRaw((ring, start, length) => {
      records.push(ring.slice(start, start + length));
    }, maxRecords);
    return records;
  }

  /**
   * Resolves to true when there is something to read, to false after `timeoutMs` or when the ring is closed.
   *
   * It looks every `pollMs`: BPF programs that submit with BPF_RB_NO_WAKEUP, the cheap way, wake nobody.
   */
  async wait(timeoutMs: number, pollMs = 10): Promise<boolean> {
    this.assertOpen();
    const deadline = performance.now() + timeoutMs;
    while (!this.closed) {
      if (this.#isReadable()) return true;
      const left = deadline - performance.now();
      if (left <= 0) return false;
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, pollMs)));
    }
    return false;
  }

  #isReadable(): boolean {
    return (
      this.pendingBytes > 0 && Atomics.load(this.#headers!, (this.#consumed % this.sizeBytes) >>> 2) >= 0
    );
  }

  /** Hands what was read back to BPF. Atomics.store orders it after the reads. */
  #releaseSpace(): number {
    Atomics.store(this.#consumer!, 0, BigInt(this.#consumed));
    return this.#consumed;
  }

  /** @internal A drain under way still reads: it unmaps when its callback has returned. */
  protected override release(): void {
    if (!this.#isDraining) this.#unmap();
  }

  #unmap(): void {
    this.#consumer = undefined;
    this.#producer = undefined;
    this.#headers = undefined;
    this.#data = undefined;
    this.#consumerMemory.unmap();
    this.#producerMemory.unmap();
  }
}

function orUnmap(memory: Memory, open: () => Memory): Memory {
  try {
    return open();
  } catch (error) {
    memory.unmap();
    throw error;
  }
}
