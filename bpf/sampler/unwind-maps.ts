import type { BpfMap, MappedArray } from "libbpf-ts";
import { CHUNK_WORDS } from "./arena-spans.js";

/** The maps that every stream's program reads, and that stay when streams end. */
export interface UnwindMaps {
  /** Process → `struct unwind_process`. */
  readonly processes: BpfMap<number, Uint8Array>;
  /** Makes a chunk of the arena and gives its memory. */
  addChunk(number: number): MappedArray;
  close(): void;
}

/** The memory that tables and mapping lists lie in: chunks, made when something is first written there. */
export class UnwindArena {
  readonly #chunks: (MappedArray | undefined)[] = [];

  constructor(private readonly maps: Pick<UnwindMaps, "addChunk">) {}

  /** Writes words of 8 bytes, two numbers each, from a position on. */
  write(position: number, words: Uint32Array): void {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const at = position + done / 8;
      const number = Math.floor(at / CHUNK_WORDS);
      const offset = (at % CHUNK_WORDS) * 8;
      const length = Math.min(bytes.length - done, CHUNK_WORDS * 8 - offset);
      this.#chunk(number).write(offset, bytes.subarray(done, done + length));
      done += length;
    }
  }

  #chunk(number: number): MappedArray {
    this.#chunks[number] ??= this.maps.addChunk(number);
    return this.#chunks[number];
  }
}
