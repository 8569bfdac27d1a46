/** An element of the parts around a flame graph, with the class of its part. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  part: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = `proflab-flame-${part}`;
  node.textContent = text;
  return node;
}
