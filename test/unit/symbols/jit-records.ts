/** Records of jitdump files, written by their specification (tools/perf/Documentation/jitdump-specification.txt). */

type Field = [bytes: 4 | 8, value: number];

function fields(little: boolean, ...list: Field[]): Buffer {
  const buffer = Buffer.alloc(list.reduce((sum, [bytes]) => sum + bytes, 0));
  let at = 0;
  for (const [bytes, value] of list) {
    if (bytes === 4) little ? buffer.writeUInt32LE(value, at) : buffer.writeUInt32BE(value, at);
    else if (little) buffer.writeBigUInt64LE(BigInt(value), at);
    else buffer.writeBigUInt64BE(BigInt(value), at);
    at += bytes;
  }
  return buffer;
}

function record(little: boolean, id: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([fields(little, [4, id], [4, 16 + body.length], [8, 1]), body]);
}

const text = (value: string) => Buffer.from(`${value}\0`, "latin1");

/** The head of a file for x86-64. */
export function header(little = true): Buffer {
  return fields(little, [4, 0x4a695444], [4, 1], [4, 40], [4, 62], [4, 0], [4, 7], [8, 1], [8, 0]);
}

/** Code of `size` bytes at an address. */
export function load(little: boolean, address: number, size: number, index: number, name: string): Buffer {
  const head = fields(little, [4, 7], [4, 7], [8, address], [8, address], [8, size], [8, index]);
  return record(little, 0, head, text(name), Buffer.alloc(size, 0xc3));
}

export function move(little: boolean, from: number, to: number, size: number, index: number): Buffer {
  return record(
    little,
    1,
    fields(little, [4, 7], [4, 7], [8, to], [8, from], [8, to], [8, size], [8, index]),
  );
}

export function debugInfo(little: boolean, address: number, lines: [number, number, string][]): Buffer {
  const entries = lines.map(([at, line, file]) =>
    Buffer.concat([fields(little, [8, at], [4, line], [4, 0]), text(file)]),
  );
  return record(little, 2, fields(little, [8, address], [8, lines.length]), ...entries);
}

export function closeRecord(little = true): Buffer {
  return record(little, 3);
}
