const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Plotly reads labels as a kind of HTML, in which `vector<int>` loses its type and a name can be a link. */
export function toPlotlyText(text: string): string {
  return text.replace(/[&<>]/g, (c) => ENTITIES[c]);
}

/** The text that {@link toPlotlyText} was given. */
export function fromPlotlyText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
