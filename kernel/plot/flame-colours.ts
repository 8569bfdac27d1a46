import { type FlameNode, REST } from "./flame-tree.js";

interface Palette {
  readonly label: string;
  /** Degrees between which a function's hue lies. */
  readonly hue: readonly [number, number];
  readonly saturation: number;
  readonly lightness: number;
}

/** Colours by kind of code. Hues stay apart for people who cannot tell red from green: lightness differs as well. */
export const PALETTES: Readonly<Record<string, Palette>> = {
  user: { label: "user", hue: [38, 50], saturation: 88, lightness: 66 },
  jit: { label: "JIT", hue: [92, 128], saturation: 42, lightness: 66 },
  inlined: { label: "inlined", hue: [186, 202], saturation: 48, lightness: 72 },
  kernel: { label: "kernel", hue: [8, 20], saturation: 82, lightness: 64 },
};

/** For bars that differ in nothing but length. */
export const BAR_COLOUR = "#d98c3f";

/** For what stands for several things. */
export const REST_COLOUR = "#c9c5bd";

/** The colour of a frame: by kind, and within it by name, so that a function has one colour in every picture. */
export function flameColour(node: Pick<FlameNode, "name" | "module" | "kind">): string {
  if (node.name === REST) return REST_COLOUR;
  const { hue, saturation, lightness } = PALETTES[node.kind] ?? PALETTES.user;
  const spread = hash(`${node.module}\0${node.name}`);
  const degrees = hue[0] + ((hue[1] - hue[0]) * (spread % 1000)) / 999;
  const light = lightness - 3 + ((spread >>> 10) % 7);
  return hex(degrees, saturation, light);
}

/** Blue and orange, which no colour blindness mixes up, and the grey between them. */
const CHANGE = { faster: [91, 155, 234], slower: [240, 132, 60], none: [226, 222, 214] } as const;

/** The colour of a change, from grey to blue or orange. @param amount From 0 to 1. */
export function changeColour(change: "slower" | "faster", amount: number): string {
  const parts = CHANGE[change].map((strong, i) => {
    const value = Math.round(CHANGE.none[i] + (strong - CHANGE.none[i]) * amount);
    return value.toString(16).padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

/** The colour that stands for a kind in a legend or a bar. */
export function kindColour(kind: string): string {
  const { hue, saturation, lightness } = PALETTES[kind] ?? PALETTES.user;
  return hex((hue[0] + hue[1]) / 2, saturation, lightness);
}

/** `#rrggbb` of a hue in degrees and the rest in percent: older SVG readers know nothing else. */
function hex(hue: number, saturation: number, lightness: number): string {
  const light = lightness / 100;
  const chroma = (saturation / 100) * Math.min(light, 1 - light);
  const channel = (offset: number) => {
    const k = (offset + hue / 30) % 12;
    const value = light - chroma * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(255 * value)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}
