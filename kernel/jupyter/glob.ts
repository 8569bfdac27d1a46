/** Turns a pattern of SQLite's GLOB, as Jupyter's history has them, into a test of whole texts: `*`, `?`, `[abc]`, `[^a-z]`. */
export function globMatcher(pattern: string): (text: string) => boolean {
  const source = pattern.replace(/\[(\^?)(\]?[^\]]*)\]|[*?]|[\\^$.|+(){}[\]]/g, (found, not, set) => {
    if (found === "*") return ".*";
    if (found === "?") return ".";
    if (set === undefined || set === "") return found.replace(/[\\^$.|+(){}[\]]/g, "\\$&");
    return `[${not}${set.replace(/[\\[\]^]/g, "\\$&")}]`;
  });
  const matcher = regularExpression(source);
  return (text) => matcher.test(text);
}

/** A set like `[z-a]` matches nothing. */
function regularExpression(source: string): RegExp {
  try {
    return new RegExp(`^${source}$`, "s");
  } catch {
    return /$.^/;
  }
}
