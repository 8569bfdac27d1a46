import { connect, type Socket } from "node:net";
import { encodeFrame, FrameReader, MAX_FRAME_BYTES } from "../../bpf/sampler/framing.js";
import { PROTOCOL_VERSION } from "../../bpf/sampler/protocol.js";
import { profileDataFromTables } from "../../kernel/dataframe/arrow.js";
import type { ProfileMeta } from "../../kernel/dataframe/profile-data.js";

type Message = Record<string, unknown>;

/** A client of the sampler that speaks the protocol frame by frame, for what SamplerClient would never do. */
export class RawClient {
  #nextId = 1;
  #waiting = new Map<string, { resolve(message: Message): void; reject(error: Error): void }>();

  private constructor(private readonly socket: Socket) {
    const reader = new FrameReader(MAX_FRAME_BYTES, (header, payload) => {
      const key = header.id === undefined ? `${header.type} ${header.window}` : `reply ${header.id}`;
      this.#waiting.get(key)?.resolve({ ...header, payload });
      this.#waiting.delete(key);
    });
    socket.on("data", (chunk: Buffer) => reader.push(chunk));
    socket.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the sampler closed the connection"));
    });
    this.send({ type: "hello", protocol: PROTOCOL_VERSION, client: "test" });
  }

  static connect(path: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new RawClient(socket)));
      socket.once("error", reject);
    });
  }

  send(message: Message): void {
    for (const part of encodeFrame(message)) this.socket.write(part);
  }

  /** Sends a request and returns its reply, which may be an `error`. */
  request(request: Message): Promise<Message> {
    const id = this.#nextId++;
    const reply = this.#expect(`reply ${id}`);
    this.send({ ...request, id });
    return reply;
  }

  /** Ends a window and returns its facts and its threads as text. */
  async stop(window: number): Promise<{ meta: ProfileMeta; threads: string[] }> {
    const expected = this.#expect(`result ${window}`);
    this.send({ type: "stop", id: this.#nextId++, window });
    const result = await expected;
    const tables = {} as Parameters<typeof profileDataFromTables>[0];
    let at = 0;
    for (const { name, bytes } of result.tables as { name: keyof typeof tables; bytes: number }[]) {
      tables[name] = (result.payload as Uint8Array).slice(at, at + bytes);
      at += bytes;
    }
    const { threads, meta } = profileDataFromTables(tables, result.meta as ProfileMeta);
    const rows = threads.process.map((process, i) =>
      JSON.stringify([threads.pid[i], threads.tid[i], process, threads.comm[i]]),
    );
    return { meta, threads: rows };
  }

  close(): void {
    this.socket.destroy();
  }

  #expect(key: string): Promise<Message> {
    return new Promise((resolve, reject) => this.#waiting.set(key, { resolve, reject }));
  }
}
