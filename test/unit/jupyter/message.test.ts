import assert from "node:assert/strict";
import test from "node:test";
import { type Message, MessageCodec, MessageError } from "../../../kernel/jupyter/message.js";

function frames(codec: MessageCodec, over: Partial<Message> = {}): Buffer[] {
  const header = codec.header("execute_request");
  const message = {
    identities: [],
    header,
    parent: {},
    metadata: {},
    content: { code: "π" },
    buffers: [],
    ...over,
  };
  return codec.encode(message).map((frame) => Buffer.from(frame as Uint8Array));
}

test("a message survives the wire, with identities and buffers", () => {
  const codec = new MessageCodec("secret");
  const sent = frames(codec, { identities: [Buffer.from("client")], buffers: [Buffer.of(1, 2)] });
  const message = codec.decode(sent);
  assert.equal(message.header.msg_type, "execute_request");
  assert.deepEqual(message.content, { code: "π" });
  assert.deepEqual(message.identities.map(String), ["client"]);
  assert.deepEqual([...message.buffers[0]], [1, 2]);
});

test("the signature is HMAC-SHA256 over the four parts", () => {
  const [, signature] = frames(new MessageCodec("secret"));
  assert.match(String(signature), /^[0-9a-f]{64}$/);
});

test("a changed content, another key and a short signature are refused", () => {
  const codec = new MessageCodec("secret");
  const changed = frames(codec);
  changed[5] = Buffer.from('{"code":"evil"}');
  const short = frames(codec);
  short[1] = Buffer.from("ab");
  for (const bad of [changed, short, frames(new MessageCodec("other")), frames(new MessageCodec(""))]) {
    assert.throws(() => codec.decode(bad), MessageError);
  }
});

test("with an empty key nothing is signed and nothing checked", () => {
  const codec = new MessageCodec("");
  const sent = frames(codec);
  assert.equal(String(sent[1]), "");
  sent[1] = Buffer.from("anything");
  assert.equal(codec.decode(sent).content.code, "π");
});

test("frames that are no message are refused", () => {
  const codec = new MessageCodec("");
  const notJson = frames(codec);
  notJson[2] = Buffer.from("{");
  for (const bad of [[], [Buffer.from("x")], frames(codec).slice(0, 4), notJson]) {
    assert.throws(() => codec.decode(bad), MessageError);
  }
});
