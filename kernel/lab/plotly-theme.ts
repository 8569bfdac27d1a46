import type { Layout } from "./figure.js";

/** JupyterLab's current colours and fonts as entries of a layout, by paths with dots. */
export function plotlyTheme(axes: string[], titled: boolean): Layout {
  const style = getComputedStyle(document.body);
  const variable = (name: string, otherwise: string) => style.getPropertyValue(name).trim() || otherwise;
  const text = variable("--jp-ui-font-color1", "#212121");
  const line = variable("--jp-border-color1", "#bdbdbd");
  const grid = variable("--jp-border-color2", "#e0e0e0");
  const faint = variable("--jp-ui-font-color3", "#999999");
  const surface = variable("--jp-layout-color1", "#ffffff");
  const theme: Layout = {
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    "font.color": text,
    "font.family": variable("--jp-ui-font-family", "sans-serif"),
    "font.size": 12,
    "legend.bgcolor": "rgba(0,0,0,0)",
    "hoverlabel.bgcolor": surface,
    "hoverlabel.bordercolor": line,
    "hoverlabel.font.color": text,
    "modebar.bgcolor": "rgba(0,0,0,0)",
    "modebar.color": faint,
    "modebar.activecolor": text,
    // plotly's own margins take half of a small figure; axes ask for more where labels need it.
    "margin.l": 56,
    "margin.r": 16,
    "margin.t": titled ? 48 : 24,
    "margin.b": 44,
  };
  for (const axis of axes) {
    theme[`${axis}.gridcolor`] = grid;
    theme[`${axis}.zerolinecolor`] = line;
    theme[`${axis}.linecolor`] = line;
    theme[`${axis}.automargin`] = true;
  }
  return theme;
}
