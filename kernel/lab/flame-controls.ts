import { type ChangeSide, SIDES } from "../plot/flame-change.js";
import { make } from "./flame-element.js";
import { changeLegend, sideButtons, sidesGroup } from "./flame-sides.js";
import { formatNumber } from "./flame-tooltip.js";
import { type FlameTree, type Frame, KINDS } from "./flame-tree.js";

/** What stands around a flame graph: its title, the search box, the legend. */
export interface FlameControls {
  header: HTMLElement;
  footer: HTMLElement;
  search: HTMLInputElement;
  matched: HTMLElement;
  reset: HTMLButtonElement;
  /** Marks the side that frames are sized by, and says what cannot be seen on it. */
  showSide(side: ChangeSide): void;
}

const LEGEND = { user: "user", jit: "JIT", inlined: "inlined", kernel: "kernel" };

/** @param onSide Called with the side that was chosen, in a graph of two. */
export function createControls(
  { title, unit, root, differential }: FlameTree,
  onSide: (side: ChangeSide) => void,
): FlameControls {
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
    make("span", "total", differential ? differential.total : `${formatNumber(root.value)} ${unit}`),
    make("span", "space"),
    matched,
    reset,
    search,
  );
  const footer = make("div", "footer");
  const buttons = differential ? sideButtons(onSide) : [];
  if (differential) header.insertBefore(sidesGroup(buttons), matched);
  footer.append(...(differential ? changeLegend(differential) : kindsLegend(root)));
  footer.append(make("span", "space"), make("span", "hint", "click zooms · Esc resets · arrow keys walk"));
  const note = make("div", "note");
  if (differential) footer.prepend(note);
  const showSide = (side: ChangeSide) => {
    for (const [i, button] of buttons.entries())
      button.setAttribute("aria-pressed", String(SIDES[i] === side));
    note.textContent = differential?.notes[side] ?? "";
    note.hidden = note.textContent === "";
  };
  return { header, footer, search, matched, reset, showSide };
}

function kindsLegend(root: Frame): HTMLElement[] {
  const present = kindsOf(root);
  return KINDS.filter((kind) => present.has(kind)).map((kind) => {
    const entry = make("span", "legend");
    entry.append(make("i", `swatch proflab-kind-${kind}`), LEGEND[kind]);
    return entry;
  });
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
