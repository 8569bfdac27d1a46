const MEMORY_SECTION = 5;
const HEADER_BYTES = 8;

/**
 * Returns a WebAssembly module whose own memory cannot grow beyond `maxPages` of 64 KiB.
 *
 * Compilers leave memory without a maximum; this writes one into the module's memory section (id 5: count, then flags,
 * minimum and, with flag 1, maximum, as LEB128).
 *
 * @throws {Error} when the module has no memory of the one form that is known here
 */
export function limitMemory(module: Uint8Array, maxPages: number): Uint8Array<ArrayBuffer> {
  for (let at = HEADER_BYTES; at < module.length; ) {
    const [size, body] = readNumber(module, at + 1);
    if (module[at] !== MEMORY_SECTION) {
      at = body + size;
      continue;
    }
    const hasNoMaximum = module[body] === 1 && module[body + 1] === 0;
    if (!hasNoMaximum) break;
    const [minimum] = readNumber(module, body + 2);
    const memory = [1, 1, ...writeNumber(minimum), ...writeNumber(maxPages)];
    const section = [MEMORY_SECTION, ...writeNumber(memory.length), ...memory];
    const result = new Uint8Array(module.length - (body + size - at) + section.length);
    result.set(module.subarray(0, at));
    result.set(section, at);
    result.set(module.subarray(body + size), at + section.length);
    return result;
  }
  throw new Error("the module has no memory of a known form");
}

/** Reads unsigned LEB128; returns the number and where it ends. */
function readNumber(bytes: Uint8Array, from: number): [value: number, end: number] {
  let value = 0;
  for (let at = from, unit = 1; at < bytes.length; at++, unit *= 128) {
    value += (bytes[at] & 127) * unit;
    if (bytes[at] < 128) return [value, at + 1];
  }
  throw new Error("the module ends in the middle");
}

function writeNumber(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest & 127) | 128);
  }
}
