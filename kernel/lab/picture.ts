/** What a renderer draws into an output area, without the life cycle around it. */
export interface Picture {
  /** Takes new data from the notebook. May be called while detached, so it must not need a width. */
  render(data: unknown): void;
  /** Fits the picture to a width in CSS pixels, never zero. The first call is the first moment to draw. */
  resize(width: number): void;
  /** The output is near the viewport. Called again after every re-attachment. */
  approach?(): void;
  /** JupyterLab's theme changed. What is styled by its CSS variables has changed already. */
  themeChanged?(): void;
  dispose?(): void;
}

/** Makes a picture inside a node that belongs to it alone. */
export type PictureFactory = (node: HTMLElement) => Picture;

/** Tells tests, and pictures of notebooks, that the node shows its final content. */
export function markReady(node: HTMLElement, state: "1" | "error"): void {
  node.dataset.proflabReady = state;
}

/** Replaces a picture that cannot be drawn by the reason, in words. */
export function showProblem(node: HTMLElement, problem: string): void {
  const message = document.createElement("div");
  message.className = "proflab-problem";
  message.setAttribute("role", "alert");
  message.textContent = problem;
  node.replaceChildren(message);
  markReady(node, "error");
}
