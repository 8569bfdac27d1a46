import { createRequire, syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";
import { makeFor, maker } from "./maker.js";

// Which cell does the running code belong to? Timers carry the cell that set them, and what their callbacks resolve belongs
// to them. Other callbacks belong to the cell that made what calls them (maker.ts); code of which nothing is known, to the
// latest.

type Callback = (...list: unknown[]) => unknown;
type SetTimer = (callback: Callback, ...list: unknown[]) => unknown;
type PromiseTimer = (...list: unknown[]) => Promise<unknown>;

let latest: number | undefined;
let current: number | undefined;

/** Number of the request that the running code belongs to. */
export function taskParent(): number | undefined {
  return current ?? maker() ?? latest;
}

/** From now on code belongs to a request, if nothing says otherwise. */
export function setTaskParent(parent: number): void {
  latest = parent;
  current = undefined;
  makeFor(parent);
}

/** Lets the timers that cells set carry the number of their request. */
export function followTimers(): void {
  const timers = createRequire(import.meta.url)("node:timers");
  const { setImmediate: afterEvents } = globalThis;
  for (const name of ["setTimeout", "setInterval", "setImmediate"] as const) {
    const set: SetTimer = timers[name];
    const following: SetTimer = (callback, ...list) =>
      set(typeof callback === "function" ? carrying(callback) : callback, ...list);
    Object.defineProperty(following, "name", { value: name });
    if (name !== "setInterval") {
      timers.promises[name] = carryingPromise(timers.promises[name], afterEvents);
      Object.defineProperty(following, promisify.custom, { value: timers.promises[name] });
    }
    timers[name] = following;
    Object.assign(globalThis, { [name]: following });
  }
  syncBuiltinESMExports();
}

/** Calls a function for a request; what it resolves goes on for that request too. */
export function runFor<T>(parent: number | undefined, callback: () => T): T {
  const outer = current;
  current = parent;
  try {
    const value = callback();
    drainMicrotasks();
    return value;
  } finally {
    current = outer;
  }
}

function carrying(callback: Callback): Callback {
  const parent = taskParent();
  return function timerOfCell(this: unknown, ...list) {
    return runFor(parent, () => callback.apply(this, list));
  };
}

function carryingPromise(wait: PromiseTimer, afterEvents: typeof setImmediate): PromiseTimer {
  return async (...list) => {
    const parent = taskParent();
    try {
      return await wait(...list);
    } finally {
      current = parent; // for the code that goes on now
      afterEvents(() => {
        current = undefined;
      });
    }
  };
}

/** What Node does after each callback, and under its old name. */
function drainMicrotasks(): void {
  (process as unknown as { _tickCallback(): void })._tickCallback();
}
