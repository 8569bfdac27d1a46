import { type ChangeMeasure, changeLines } from "../plot/flame-change.js";
import type { Frame } from "./flame-tree.js";

const KIND_NAMES = { user: "user code", jit: "JIT-compiled", inlined: "inlined", kernel: "kernel" };
const DISTANCE = 14;

/** The box beside the pointer that says everything about one frame. */
export class FlameTooltip {
  // A child of the body: inside an output, JupyterLab's containment would clip it and move its origin.
  readonly #node = document.createElement("div");
  #frame: Frame | undefined;

  constructor() {
    this.#node.className = "proflab-tooltip";
    this.#node.setAttribute("role", "status");
    this.#node.hidden = true;
  }

  /** Shows a frame beside a point of the window, where there is room. */
  show(frame: Frame, total: number, unit: string, x: number, y: number, measure?: ChangeMeasure): void {
    if (this.#frame !== frame) {
      this.#frame = frame;
      this.#node.replaceChildren(...describe(frame, total, unit, measure));
    }
    this.#node.hidden = false;
    if (!this.#node.isConnected) document.body.append(this.#node);
    const { offsetWidth: width, offsetHeight: height } = this.#node;
    const left = x + DISTANCE + width > window.innerWidth ? x - DISTANCE - width : x + DISTANCE;
    const top = y + DISTANCE + height > window.innerHeight ? y - DISTANCE - height : y + DISTANCE;
    this.#node.style.left = `${Math.max(4, left)}px`;
    this.#node.style.top = `${Math.max(4, top)}px`;
  }

  hide(): void {
    this.#frame = undefined;
    this.#node.hidden = true;
    this.#node.remove();
  }
}

/** A value with its unit and its share, as in `1,234 samples · 12.3 %`. */
export function quantity(value: number, total: number, unit: string): string {
  return `${formatNumber(value)} ${unit} · ${formatShare(value, total)}`;
}

export function formatNumber(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 1 });
}

/** A share in per cent; a small one keeps a digit that says something. */
export function formatShare(value: number, total: number): string {
  const percent = total > 0 ? (100 * value) / total : 0;
  return `${percent.toFixed(percent > 0 && percent < 0.1 ? 3 : 1)} %`;
}

function describe(frame: Frame, total: number, unit: string, measure?: ChangeMeasure): HTMLElement[] {
  const name = line("name", frame.name);
  const origin = line(
    "origin",
    [frame.module, frame.parent && KIND_NAMES[frame.kind]].filter(Boolean).join(" · "),
  );
  const place = line("place", frame.name.includes(frame.place) ? "" : frame.place);
  if (measure && frame.change) {
    const [sides, difference] = changeLines(frame.change, measure);
    const change = [line("amount", sides), line("self", difference)];
    return [name, place, origin, ...change].filter((node) => node.textContent);
  }
  const amount = line("amount", quantity(frame.value, total, unit));
  const self = line("self", `itself ${quantity(frame.self, total, unit)}`);
  return [name, place, origin, amount, self].filter((node) => node.textContent);
}

function line(part: string, text: string): HTMLElement {
  const node = document.createElement("div");
  node.className = `proflab-tooltip-${part}`;
  node.textContent = text;
  return node;
}
