import { littleEndian } from "./codec.js";
import { Memory, pageSize } from "./memory.js";
import { Resource } from "./resource.js";

// struct perf_event_mmap_page and perf_event_header, include/uapi/linux/perf_event.h.
const DATA_HEAD = 1024;
const DATA_TAIL = 1032;
const headerBytes = 8;

/** The records that a perf event writes, read in place and without system calls. */
export class PerfRing extends Resource {
  /** Size of the ring in bytes. */
  readonly sizeBytes: number;
  readonly #memory: Memory;
  /** data_head, written by the kernel, and data_tail, written here. */
  #positions: BigUint64Array | undefined;
  #data: Uint8Array | undefined;
  #read: number;

  /** @internal */
  constructor(title: string, fd: number, sizeBytes: number, owner: Resource) {
    const page = pageSize();
    if (!Number.isInteger(Math.log2(sizeBytes)) || sizeBytes < page)
      throw new RangeError(`sizeBytes = ${sizeBytes} is not a power of two of at least ${page}`);
    // Mapped writable, the kernel stops at data_tail and counts what it loses; otherwise it would write over it.
    const memory = new Memory(`map ${title}`, fd, page + sizeBytes, 0, true);
    super(`ring of ${title}`, owner);
    this.sizeBytes = sizeBytes;
    this.#memory = memory;
    this.#positions = new BigUint64Array(memory.buffer, DATA_HEAD, (DATA_TAIL - DATA_HEAD) / 8 + 1);
    this.#data = new Uint8Array(memory.buffer, page, sizeBytes);
    this.#read = Number(Atomics.load(this.#positions, 1));
  }

  /**
   * Calls `read` for every record, oldest first, and returns how many there were.
   *
   * `record` is a copy that `read` may keep, from its header on: `u32 type | u16 misc | u16 size`. What the kernel had
   * no room for it says in a record of type PERF_RECORD_LOST. A record counts as read also when `read` throws.
   *
   * @throws {ClosedError} after close()
   */
  drain(read: (record: Uint8Array) => void): number {
    this.assertOpen();
    // Sequentially consistent, so more than the acquire that perf_output_put_handle() pairs with.
    const head = Number(Atomics.load(this.#positions!, 0));
    let records = 0;
    try {
      while (this.#read < head && !this.closed) {
        const header = this.#copy(headerBytes);
        const size = new DataView(header.buffer).getUint16(6, littleEndian);
        // The kernel writes no such record; without this check one would be read for ever.
        if (size < headerBytes || this.#read + size > head) {
          this.#read = head;
          break;
        }
        const record = this.#copy(size);
        this.#read += size;
        records++;
        read(record);
      }
    } finally {
      if (!this.closed) Atomics.store(this.#positions!, 1, BigInt(this.#read));
    }
    return records;
  }

  /** Bytes from the read position on, put together where they wrap around. */
  #copy(length: number): Uint8Array {
    const start = this.#read % this.sizeBytes;
    const first = Math.min(length, this.sizeBytes - start);
    const bytes = new Uint8Array(length);
    bytes.set(this.#data!.subarray(start, start + first));
    if (first < length) bytes.set(this.#data!.subarray(0, length - first), first);
    return bytes;
  }

  /** @internal */
  protected override release(): void {
    this.#positions = undefined;
    this.#data = undefined;
    this.#memory.unmap();
  }
}
