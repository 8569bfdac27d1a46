import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFrame, FrameReader, FramingError } from "../../../bpf/sampler/framing.js";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const whole = (parts: Uint8Array[]) => Buffer.concat(parts);

test("frames survive any cut of the stream", () => {
  const stream = whole([
    ...encodeFrame({ type: "a" }),
    ...encodeFrame({ type: "b", name: "ü;\n" }, [Buffer.from("pay"), Buffer.from("load")]),
    ...encodeFrame({ type: "c" }),
  ]);
  for (const size of [1, 2, 3, 5, 7, 11, stream.length]) {
    const seen: string[] = [];
    const reader = new FrameReader(1000, (header, payload) =>
      seen.push(`${JSON.stringify(header)}|${text(payload)}`),
    );
    for (let at = 0; at < stream.length; at += size) reader.push(stream.subarray(at, at + size));
    assert.deepEqual(seen, ['{"type":"a"}|', '{"type":"b","name":"ü;\\n"}|payload', '{"type":"c"}|']);
  }
});

test("a payload is a copy that starts at its own buffer", () => {
  let payload: Uint8Array = new Uint8Array();
  const reader = new FrameReader(1000, (_, bytes) => {
    payload = bytes;
  });
  reader.push(whole(encodeFrame({ type: "a" }, [new Uint8Array([1, 2, 3])])));
  assert.equal(payload.byteOffset, 0);
  assert.deepEqual([...payload], [1, 2, 3]);
});

test("what is no frame is refused, before it is kept", () => {
  const refused = (bytes: Uint8Array) =>
    assert.throws(() => new FrameReader(1000, () => assert.fail("no frame")).push(bytes), FramingError);
  refused(new Uint8Array([0xff, 0xff, 0xff, 0xff]));
  refused(new Uint8Array([3, 0, 0, 0]));
  refused(new Uint8Array([8, 0, 0, 0, 200, 0, 0, 0, 1, 2, 3, 4]));
  const json = (body: string) => {
    const bytes = Buffer.from(body);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(4 + bytes.length, 0);
    lengths.writeUInt32LE(bytes.length, 4);
    return Buffer.concat([lengths, bytes]);
  };
  refused(json("{"));
  refused(json("[]"));
  refused(json("null"));
  refused(json('"\xff"').fill(0xff, 9, 10));
});

test("more than one frame can hold is refused where it is made", () => {
  const huge = { byteLength: 2 ** 31 } as Uint8Array;
  assert.throws(() => encodeFrame({ type: "result" }, [huge]), FramingError);
});
