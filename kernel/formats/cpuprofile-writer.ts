import type { ProfileData } from "../dataframe/profile-data.js";
import { samplesByThread, threadTitle } from "./by-thread.js";
import { jsonText } from "./long-text.js";

/** What a script's id is in the format where a frame is no script's; and where it is a thread's name. */
export const NO_SCRIPT = "0";
export const THREAD = "thread";
export const IDLE = "(idle)";
/**
 * Says that a node was hit by as many samples as its `hitCount`, for which it may have fewer entries: a member that the
 * format does not have. V8 also counts what it took before the profile began, or drops, and there entries are the samples.
 */
export const HITS_ARE_SAMPLES = "hitsAreSamples";

interface Node {
  id: number;
  callFrame: {
    functionName: string;
    scriptId: string;
    url: string;
    lineNumber: number;
    columnNumber: number;
  };
  hitCount: number;
  children: number[];
}

/**
 * Chrome's .cpuprofile: a call tree, and its node and time for each sample, in microseconds.
 *
 * The format has one thread. Several follow one another, each below a node with its name and as long as the window; where
 * a thread was not sampled it is `(idle)`.
 */
export function writeCpuprofile(data: ProfileData): string {
  const { meta, samples } = data;
  const threads = samplesByThread(data);
  const tree = new CallTree(data);
  const nodes: Node[] = [];
  const times: number[] = [];
  const hit = (node: Node, time: number, count = 1) => {
    node.hitCount += count;
    nodes.push(node);
    times.push(time);
  };
  const spans = threads.map(({ thread, rows }) => {
    const top = threads.length > 1 || data.threads.tid[thread] >= 0 ? tree.thread(thread) : tree.root;
    let freeUs = 0;
    return rows.map((i) => {
      const lengthUs = meta.unit === undefined ? samples.weight[i] / 1e3 : samples.weight[i];
      const atUs = samples.atMs[i] * 1e3;
      // A sample lasts until the next. Ticks come a little early or late, and one without a time follows the one before.
      const startUs = atUs > freeUs + 0.5 * lengthUs ? atUs : freeUs;
      freeUs = startUs + lengthUs;
      const count = samples.count ? samples.count[i] : 1;
      return { startUs, endUs: freeUs, node: tree.leaf(top, samples.stack[i]), count };
    });
  });
  const windowUs = Math.max(meta.window.durationMs * 1e3, ...spans.map((list) => list.at(-1)?.endUs ?? 0));
  for (const [i, list] of spans.entries()) {
    let idleFrom = 0;
    for (const { startUs, endUs, node, count } of list) {
      if (startUs > idleFrom) hit(tree.idle(), i * windowUs + idleFrom);
      hit(node, i * windowUs + startUs, count);
      idleFrom = endUs;
    }
    if (idleFrom < windowUs) hit(tree.idle(), i * windowUs + idleFrom);
  }
  const startTime = Math.round(meta.window.startNs / 1e3);
  const rounded = times.map(Math.round);
  return jsonText("toCpuprofile", {
    nodes: tree.nodes,
    startTime,
    endTime: startTime + Math.round(windowUs * Math.max(1, threads.length)),
    samples: nodes.map(({ id }) => id),
    timeDeltas: rounded.map((time, i) => time - (i > 0 ? rounded[i - 1] : 0)),
    ...(samples.count ? { [HITS_ARE_SAMPLES]: true } : {}),
  });
}

class CallTree {
  readonly nodes: Node[] = [];
  readonly root = this.#add("(root)", NO_SCRIPT);
  readonly #known = new Map<string, Node>();
  readonly #leaves = new Map<string, Node>();

  constructor(private readonly data: ProfileData) {}

  idle(): Node {
    return this.#child(this.root, "idle", () => this.#add(IDLE, NO_SCRIPT));
  }

  thread(thread: number): Node {
    return this.#child(this.root, `thread ${thread}`, () =>
      this.#add(threadTitle(this.data, thread), THREAD),
    );
  }

  leaf(top: Node, stack: number): Node {
    const key = `${top.id}:${stack}`;
    const node = this.#leaves.get(key) ?? this.#path(top, stack);
    this.#leaves.set(key, node);
    return node;
  }

  #path(top: Node, stack: number): Node {
    const { frames, stacks } = this.data;
    let node = top;
    for (let at = stacks.offsets[stack]; at < stacks.offsets[stack + 1]; at++) {
      const row = stacks.frames[at];
      const scriptId = frames.kind[row] === "jit" ? "1" : NO_SCRIPT;
      // A frame without a source file has its module there. Lines and columns of the format begin at 0.
      const [file, line] = [frames.file[row], frames.line[row]];
      const place = file === null ? [-1, -1] : [(line ?? 0) - 1, (frames.column[row] ?? 0) - 1];
      const url = file ?? frames.module[row];
      node = this.#child(node, `${row}`, () => this.#add(frames.name[row], scriptId, url, ...place));
    }
    return node;
  }

  #add(functionName: string, scriptId: string, url = "", lineNumber = -1, columnNumber = -1): Node {
    const callFrame = { functionName, scriptId, url, lineNumber, columnNumber };
    const node = { id: this.nodes.length + 1, callFrame, hitCount: 0, children: [] };
    this.nodes.push(node);
    return node;
  }

  #child(parent: Node, name: string, make: () => Node): Node {
    const key = `${parent.id}:${name}`;
    let node = this.#known.get(key);
    if (!node) {
      node = make();
      parent.children.push(node.id);
      this.#known.set(key, node);
    }
    return node;
  }
}
