/** The lines of UTF-8 text without their ends (LF or CR LF), one at a time: a file may be larger than a string can be. */
export function* textLines(bytes: Uint8Array): Generator<{ text: string; line: number }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  let start = buffer.length >= 3 && buffer.readUIntBE(0, 3) === 0xefbbbf ? 3 : 0; // a byte order mark
  for (let line = 1; start < buffer.length; line++) {
    const newline = buffer.indexOf(10, start);
    const end = newline < 0 ? buffer.length : newline;
    const isCrlf = end > start && buffer[end - 1] === 13;
    yield { text: buffer.toString("utf8", start, isCrlf ? end - 1 : end), line };
    start = end + 1;
  }
}
