/** Any number of frames, or none. */
export const ANY = Symbol("any frames");

/** A frame of a chain: its whole name, or a pattern that the name has. */
export type Link = string | RegExp | typeof ANY;

/** Frames that a stack must have next to each other, in this order, but where `ANY` is; above and below them it is free. */
export class CallChain {
  /** Runs of links between those that are `ANY`. */
  readonly #runs: (string | RegExp)[][] = [[]];

  constructor(links: readonly Link[]) {
    for (const link of links) {
      if (link === ANY) this.#runs.push([]);
      else this.#runs[this.#runs.length - 1].push(link);
    }
  }

  /** @param names Of a stack's frames, root first. */
  isIn(names: readonly string[]): boolean {
    let from = 0;
    for (const run of this.#runs) {
      let at = from;
      while (at + run.length <= names.length && !run.every((link, i) => isNamed(names[at + i], link))) at++;
      if (at + run.length > names.length) return false;
      from = at + run.length;
    }
    return true;
  }

  toString(): string {
    return this.#runs.map((run) => run.map(String).join(";")).join(";…;");
  }
}

export function calls(...links: readonly Link[]): CallChain {
  return new CallChain(links);
}

function isNamed(name: string, link: string | RegExp): boolean {
  return typeof link === "string" ? name === link : link.test(name);
}
