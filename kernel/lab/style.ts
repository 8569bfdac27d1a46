/** Adds the style sheet of both renderers to JupyterLab's page, once. */
export function installStyle(): void {
  const id = "proflab-style";
  if (document.getElementById(id)) return;
  const style = document.createElement("style");
  style.id = id;
  style.textContent = CSS;
  document.head.append(style);
}

// Hues and the light theme's lightness are those of the static picture (kernel/plot/flame-colours.ts), so that a
// function looks the same in both; the dark theme keeps the hues. Labels have a contrast of at least 4.5 : 1.
const CSS = `
.proflab-flame, .proflab-tooltip {
  --label: #1c1c1c;
  font: 12px/1.4 var(--jp-ui-font-family, sans-serif); color: var(--jp-ui-font-color1, #333);
}
body[data-jp-theme-light="false"] .proflab-flame { --label: #f6f6f6; }
.proflab-kind-user { --hue: 38; --turn: 12; --saturation: 88%; --light: 66%; }
.proflab-kind-jit { --hue: 92; --turn: 36; --saturation: 42%; --light: 66%; }
.proflab-kind-inlined { --hue: 186; --turn: 16; --saturation: 48%; --light: 72%; }
.proflab-kind-kernel { --hue: 8; --turn: 12; --saturation: 82%; --light: 64%; }
.proflab-kind-none { --hue: 40; --turn: 0; --saturation: 6%; --light: 84%; }
body[data-jp-theme-light="false"] .proflab-kind-user { --saturation: 72%; --light: 26%; }
body[data-jp-theme-light="false"] .proflab-kind-jit { --saturation: 36%; --light: 30%; }
body[data-jp-theme-light="false"] .proflab-kind-inlined { --saturation: 46%; --light: 32%; }
body[data-jp-theme-light="false"] .proflab-kind-kernel { --saturation: 56%; --light: 38%; }
body[data-jp-theme-light="false"] .proflab-kind-none { --light: 28%; }

/* Blue and orange, which no colour blindness mixes up, over grey; as in kernel/plot/flame-colours.ts. */
.proflab-flame { --neutral: #e2ded6; }
body[data-jp-theme-light="false"] .proflab-flame { --neutral: #42413e; }
.proflab-change-none { --fill: var(--neutral); }
.proflab-change-faster, .proflab-change-slower {
  --amount: 100%; --fill: color-mix(in srgb, var(--strong) var(--amount), var(--neutral));
}
.proflab-change-faster { --strong: #5b9bea; }
.proflab-change-slower { --strong: #f0843c; }
body[data-jp-theme-light="false"] .proflab-change-faster { --strong: #2868c7; }
body[data-jp-theme-light="false"] .proflab-change-slower { --strong: #b4500f; }

.proflab-flame { padding: 6px 0 8px; }
.proflab-flame [hidden], .proflab-tooltip[hidden] { display: none; }
.proflab-flame-header, .proflab-flame-footer { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; }
.proflab-flame-header { min-height: 26px; margin-bottom: 8px; }
.proflab-flame-footer { margin-top: 8px; font-size: 11px; color: var(--jp-ui-font-color2, #666); }
.proflab-flame-title { font-size: 13px; font-weight: 600; overflow-wrap: anywhere; }
.proflab-flame-total, .proflab-flame-matched { color: var(--jp-ui-font-color2, #666); font-variant-numeric: tabular-nums; }
.proflab-flame-matched { color: var(--proflab-found-text); font-weight: 600; }
.proflab-flame-space { flex: 1; }
.proflab-flame-search, .proflab-flame-reset {
  box-sizing: border-box; height: 26px; padding: 0 8px; font: inherit; color: inherit;
  background: var(--jp-input-background, transparent);
  border: 1px solid var(--jp-border-color1, #bdbdbd); border-radius: 4px;
}
.proflab-flame-search { width: 230px; }
.proflab-flame-search::placeholder { color: var(--jp-ui-font-color2, #666); opacity: 1; }
.proflab-flame-reset { cursor: pointer; }
.proflab-flame-reset:hover { background: var(--jp-layout-color2, #eee); }
.proflab-flame-search:focus-visible, .proflab-flame-reset:focus-visible, .proflab-flame-side:focus-visible, .proflab-flame-view:focus-visible {
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: -2px;
}
.proflab-flame-legend { display: inline-flex; align-items: center; gap: 5px; }
.proflab-flame-swatch {
  width: 11px; height: 11px; border-radius: 2px;
  background: var(--fill, hsl(calc(var(--hue) + var(--turn) / 2) var(--saturation) var(--light)));
}
.proflab-flame-note { flex-basis: 100%; color: var(--jp-ui-font-color1, #333); overflow-wrap: anywhere; }
.proflab-flame-sides { display: inline-flex; align-items: center; color: var(--jp-ui-font-color2, #666); }
.proflab-flame-side {
  box-sizing: border-box; height: 26px; padding: 0 10px; font: inherit; color: inherit; cursor: pointer;
  background: transparent; border: 1px solid var(--jp-border-color1, #bdbdbd);
}
.proflab-flame-side:first-child { margin-left: 8px; border-radius: 4px 0 0 4px; }
.proflab-flame-side:last-child { border-left: 0; border-radius: 0 4px 4px 0; }
.proflab-flame-side[aria-pressed="true"] {
  color: var(--jp-ui-font-color0, #000); background: var(--jp-layout-color3, #ddd); font-weight: 600;
}
.proflab-flame-swatch[class*="proflab-change"] { width: 34px; background: linear-gradient(90deg, var(--neutral), var(--strong, var(--neutral))); }
.proflab-flame-swatch.proflab-change-none { width: 11px; }
/* The root stays at the bottom when a zoomed graph has fewer rows than the whole one. */
.proflab-flame-view {
  display: flex; flex-direction: column; box-sizing: border-box; max-height: 608px;
  overflow: hidden auto; scrollbar-width: thin; border-radius: 3px;
}
.proflab-flame-view svg { display: block; flex: none; margin-top: auto; }

.proflab-flame { --found-fill: hsl(316 88% 80%); --proflab-found-text: #b3007a; }
body[data-jp-theme-light="false"] .proflab-flame { --found-fill: hsl(316 70% 38%); --proflab-found-text: #ff8ad8; }
.proflab-frame { cursor: pointer; }
.proflab-frame rect {
  fill: var(--fill, hsl(calc(var(--hue) + var(--shade) * var(--turn)) var(--saturation)
    calc(var(--light) + var(--tint) * 1%)));
}
.proflab-frame text {
  font: 11px var(--jp-code-font-family, monospace); fill: var(--label);
  dominant-baseline: central; pointer-events: none;
}
.proflab-caller rect { opacity: .5; }
.proflab-caller text { opacity: .85; }
.proflab-searching .proflab-frame:not(.proflab-match) rect { opacity: .5; }
.proflab-match rect { fill: var(--found-fill); }
.proflab-frame:hover rect, .proflab-cursor rect { stroke: var(--jp-ui-font-color0, #000); stroke-width: 1.2; }

.proflab-tooltip {
  position: fixed; z-index: 10000; max-width: min(560px, 90vw); padding: 8px 11px; pointer-events: none;
  background: var(--jp-layout-color1, #fff); border: 1px solid var(--jp-border-color1, #bdbdbd);
  border-radius: 5px; box-shadow: 0 4px 16px rgb(0 0 0 / 28%);
}
.proflab-tooltip-name {
  font: 12px/1.4 var(--jp-code-font-family, monospace); color: var(--jp-ui-font-color0, #000);
  overflow: hidden; overflow-wrap: anywhere;
  display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 8;
}
.proflab-tooltip-place, .proflab-tooltip-origin, .proflab-tooltip-self { color: var(--jp-ui-font-color2, #666); overflow-wrap: anywhere; }
.proflab-tooltip-amount { margin-top: 4px; font-weight: 600; }
.proflab-tooltip-amount, .proflab-tooltip-self { font-variant-numeric: tabular-nums; }

.proflab-plotly { overflow: hidden; }
.proflab-problem {
  margin: 4px 0; padding: 8px 12px; font: 13px/1.5 var(--jp-ui-font-family, sans-serif);
  color: var(--jp-ui-font-color1, #333); background: var(--jp-layout-color2, #f2f2f2);
  border-left: 3px solid var(--jp-warn-color1, #d98c00); overflow-wrap: anywhere;
}
`;
