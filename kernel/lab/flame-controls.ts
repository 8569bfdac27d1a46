import { formatNumber } from "./flame-tooltip.js";
import { type FlameTree, type Frame, KINDS } from "./flame-tree.js";

/** What stands around a flame graph: its title, the search box, the legend. */
export interface FlameControls {
  header: HTMLElement;
  footer: HTMLElement;
  search: HTMLInputElement;
  matched: HTMLElement;
  reset: HTMLButtonElement;
}

const LEGEND = { user: "user", jit: "JIT", inlined: "inlined", kernel: "kernel" };

export function createControls({ title, unit, root }: FlameTree): FlameControls {
  const search = make("input", "search");
  search.type = "search";
  search.placeholder = "Search: name, module or regex";
  search.setAttribute("aria-label", "Search frames");
  search.spellcheck = false;
  search.addEventListener("keydown", ({ key }) => {
    if (key !== "Escape") return; // clears the box by itself only in some browsers
    search.value = "";
    search.dispatchEvent(new Event("input"));
  });
  const matched = make("span", "matched");
  matched.setAttribute("role", "status");
  const reset = make("button", "reset", "Reset zoom");
  reset.type = "button";
  reset.hidden = true;

  const header = make("div", "header");
  header.append(
    make("span", "title", title || root.name),
    make("span", "total", `${formatNumber(root.value)} ${unit}`),
    make("span", "space"),
    matched,
    reset,
    search,
  );
  const footer = make("div", "footer");
  const present = kindsOf(root);
  for (const kind of KINDS.filter((kind) => present.has(kind))) {
    const entry = make("span", "legend");
    entry.append(make("i", `swatch proflab-kind-${kind}`), LEGEND[kind]);
    footer.append(entry);
  }
  footer.append(make("span", "space"), make("span", "hint", "click zooms · Esc resets · arrow keys walk"));
  return { header, footer, search, matched, reset };
}

function kindsOf(root: Frame): Set<string> {
  const kinds = new Set<string>();
  const pending = [...root.children];
  for (let frame = pending.pop(); frame; frame = pending.pop()) {
    kinds.add(frame.kind);
    pending.push(...frame.children);
  }
  return kinds;
}

function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  part: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  node.className = `proflab-flame-${part}`;
  node.textContent = text;
  return node;
}
