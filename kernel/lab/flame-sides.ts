import { type ChangeSide, SIDES, scaleTexts } from "../plot/flame-change.js";
import { make } from "./flame-element.js";
import type { Differential } from "./flame-tree.js";

export function sideButtons(onSide: (side: ChangeSide) => void): HTMLButtonElement[] {
  return SIDES.map((side) => {
    const button = make("button", "side", side);
    button.type = "button";
    button.addEventListener("click", () => onSide(side));
    return button;
  });
}

export function sidesGroup(buttons: HTMLButtonElement[]): HTMLElement {
  const group = make("span", "sides", "sized by");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Side that frames are sized by");
  group.append(...buttons);
  return group;
}

/** The scale from less to more, and what grey is. */
export function changeLegend({ scale, measure }: Differential): HTMLElement[] {
  const { less, more, none } = scaleTexts(scale, measure);
  const entries = scale > 0 ? [["faster", less] as const, ["slower", more] as const] : [];
  return [...entries, ["none", none] as const].map(([change, text]) => {
    const entry = make("span", "legend");
    entry.append(make("i", `swatch proflab-change-${change}`), text);
    return entry;
  });
}
