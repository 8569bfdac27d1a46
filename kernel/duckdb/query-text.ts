// In a file of its own: methods of frames name it, and cells are checked against all that their declarations import.

/** A query: its text, or what a tagged template has: pieces between which values are. */
export type QueryText = string | TemplateStringsArray;
