/** Adds the style sheet of both renderers to JupyterLab's page, once. */
export function installStyle(): void {
  const id = "proflab-style";
  if (document.getElementById(id)) return;
  const style = document.createElement("style");
  style.id = id;
  style.textContent = CSS;
  document.head.append(style);
}

// Colours are given as hue and saturation by kind, lightness by theme: so a kind is one colour in both, and
// the contrast of labels stays above 4.5 : 1 whatever the shade.
const CSS = `
.proflab-flame, .proflab-tooltip {
  --light: 76%; --spread: 8%; --label: #1c1c1c;
  font: 12px/1.4 var(--jp-ui-font-family, sans-serif); color: var(--jp-ui-font-color1, #333);
}
body[data-jp-theme-light="false"] .proflab-flame { --light: 27%; --spread: 7%; --label: #f6f6f6; }
.proflab-kind-user { --hue: 28; --turn: 16; --saturation: 88%; }
.proflab-kind-jit { --hue: 146; --turn: 16; --saturation: 42%; }
.proflab-kind-inlined { --hue: 186; --turn: 12; --saturation: 46%; }
.proflab-kind-kernel { --hue: 222; --turn: 18; --saturation: 62%; }
.proflab-kind-root { --hue: 220; --turn: 0; --saturation: 8%; }
body[data-jp-theme-light="false"] .proflab-kind-user { --saturation: 62%; --hue: 14; }
/* Blue is the darkest of colours: at the lightness of the others it would sink into a dark page. */
body[data-jp-theme-light="false"] .proflab-kind-kernel { --saturation: 44%; --light: 40%; }

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
.proflab-flame-search:focus-visible, .proflab-flame-reset:focus-visible, .proflab-flame-view:focus-visible {
  outline: 2px solid var(--jp-brand-color1, #1976d2); outline-offset: -2px;
}
.proflab-flame-legend { display: inline-flex; align-items: center; gap: 5px; }
.proflab-flame-swatch {
  width: 11px; height: 11px; border-radius: 2px;
  background: hsl(calc(var(--hue) + var(--turn) / 2) var(--saturation) calc(var(--light) + var(--spread) / 2));
}
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
  fill: hsl(calc(var(--hue) + var(--shade) * var(--turn)) var(--saturation)
    calc(var(--light) + var(--shade) * var(--spread)));
}
.proflab-frame text {
  font: 11px var(--jp-code-font-family, monospace); fill: var(--label);
  dominant-baseline: central; pointer-events: none;
}
.proflab-caller { opacity: .6; }
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
.proflab-tooltip-origin, .proflab-tooltip-self { color: var(--jp-ui-font-color2, #666); overflow-wrap: anywhere; }
.proflab-tooltip-amount { margin-top: 4px; font-weight: 600; }
.proflab-tooltip-amount, .proflab-tooltip-self { font-variant-numeric: tabular-nums; }

.proflab-plotly { overflow: hidden; }
.proflab-problem {
  margin: 4px 0; padding: 8px 12px; font: 13px/1.5 var(--jp-ui-font-family, sans-serif);
  color: var(--jp-ui-font-color1, #333); background: var(--jp-layout-color2, #f2f2f2);
  border-left: 3px solid var(--jp-warn-color1, #d98c00); overflow-wrap: anywhere;
}
`;
