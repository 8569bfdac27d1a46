/** One line of `proflab doctor`. */
export interface Check {
  name: string;
  /** `warning`: something works less well; `missing`: without it sampling, or the kernel in Jupyter, does not work. */
  state: "ok" | "warning" | "missing";
  /** What was found. */
  found: string;
  /** What helps; empty where all is well. */
  remedy: string;
}

export const ok = (name: string, found: string): Check => ({ name, state: "ok", found, remedy: "" });

export const warning = (name: string, found: string, remedy: string): Check => ({
  ...{ name, state: "warning", found, remedy },
});

export const missing = (name: string, found: string, remedy: string): Check => ({
  ...{ name, state: "missing", found, remedy },
});
