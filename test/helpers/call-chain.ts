/** Any number of frames, or none. */
export const ANY = Symbol("any frames");

/** A frame of a chain: its whole name, or a pattern that is found in it. */
export type Link = string | RegExp | typeof ANY;

/**
 * Matches the text of a stack (names joined by `;`, root first) that has these frames next to each other, in this order.
 *
 * What is above the first and below the last is free.
 */
export function calls(...frames: readonly Link[]): RegExp {
  const source = frames.map((frame) => {
    if (frame === ANY) return "(?:[^;]*;)*?";
    const name = typeof frame === "string" ? literal(frame) : `[^;]*?(?:${frame.source})[^;]*`;
    return `${name}(?:;|$)`;
  });
  return new RegExp(`(?:^|;)${source.join("")}`);
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
