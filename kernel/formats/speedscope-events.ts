import type { JsonNode } from "./json-node.js";
import { MAX_DEPTH } from "./profile-builder.js";

/** A stack that a profile spent `weight` in, from `at`; both in the profile's unit. */
export interface Span {
  at: number;
  weight: number;
  /** Root first. */
  frames: readonly number[];
}

/** The time between each two events of an evented profile, as a stack of what was open. */
export function closedSpans(profile: JsonNode, frames: readonly number[]): Span[] {
  const open: number[] = [];
  const spans: Span[] = [];
  let before = profile.member("startValue").number();
  let stack: readonly number[] | undefined; // the same list while nothing opens or closes
  let size = 0;
  for (const event of profile.member("events").items()) {
    const at = event.member("at").number();
    if (at < before) event.member("at").fail(`expected events in the order of time: ${before} or later`);
    if (at > before && open.length > 0) {
      stack ??= open.map((row) => frames[row]);
      size += stack.length;
      if (size > MAX_EVENT_FRAMES) event.fail(`expected at most ${MAX_EVENT_FRAMES} frames in all`);
      spans.push({ at: before, weight: at - before, frames: stack });
    }
    before = at;
    stack = undefined;
    const type = event.member("type").text();
    const [frame] = event.child([event.member("frame").value], ".frame").rows(frames.length);
    if (type === "O") {
      if (open.push(frame) > MAX_DEPTH) event.fail(`expected at most ${MAX_DEPTH} open frames`);
    } else if (type === "C") {
      const innermost = open.pop();
      if (innermost !== frame)
        event.member("frame").fail(`expected the innermost open frame, ${innermost ?? "none"}, to close`);
    } else event.member("type").fail('expected "O" or "C"');
  }
  if (open.length > 0)
    profile.member("events").fail(`expected every frame to close, ${open.length} are open`);
  return spans;
}

/** Small files of deep stacks must not take all memory. */
const MAX_EVENT_FRAMES = 32 * 1024 * 1024;
