/** Name of the file with plotly beside the container; set by scripts/build-lab.mjs. */
declare const __PLOTLY_FILE__: string;

/** Trace types in that file; set by scripts/build-lab.mjs. */
declare const __PLOTLY_TRACES__: string[];
