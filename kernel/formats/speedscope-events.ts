import type { JsonNode } from "./json-node.js";
import { MAX_DEPTH, type ProfileBuilder } from "./profile-builder.js";

/** A stack that a profile spent `weight` in, from `at`; both in the profile's unit. */
export interface Span {
  at: number;
  weight: number;
  /** Row of the builder's stacks. */
  stack: number;
}

/** The time between each two events of an evented profile, as a stack of what was open. */
export function closedSpans(profile: JsonNode, frames: readonly number[], builder: ProfileBuilder): Span[] {
  const open: number[] = [];
  const spans: Span[] = [];
  let before = profile.member("startValue").number();
  let stack: number | undefined; // the same while nothing opens or closes
  for (const event of profile.member("events").items()) {
    const at = event.member("at").number();
    if (at < before) event.member("at").fail(`expected events in the order of time: ${before} or later`);
    if (at > before && open.length > 0) {
      stack ??= builder.stack(open.map((row) => frames[row]));
      spans.push({ at: before, weight: at - before, stack });
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
