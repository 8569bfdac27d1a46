import { createHook } from "node:async_hooks";

// An interrupt unwinds code whose entry a hook was told of, and whose end it is not. As long as a hook is enabled, and an
// AsyncLocalStorage of Node 20 and 22 is one, Node compares the two and ends the process where they differ. A flag keeps it
// from comparing when there are no hooks; the word that the flag sets is kept as it is here. Node offers no other way.
// Node 24 does not offer this one either, but there an AsyncLocalStorage is no hook.

interface AsyncWrap {
  async_hook_fields: Uint32Array;
  constants: { kCheck: number; kTotals: number };
  clearAsyncIdStack(): void;
}

interface Hook {
  enable(): Hook;
  disable(): Hook;
}

const wrap = asyncWrap();

/** Lets hooks be enabled without the check that an interrupted promise's continuation does not pass. */
export function tolerateInterruptedHooks(): void {
  if (!wrap) return;
  const { async_hook_fields: fields, constants } = wrap;
  const prototype: Hook = Object.getPrototypeOf(createHook({}));
  const { enable, disable } = prototype;
  let hooks = fields[constants.kTotals];
  const unchecked = (change: () => Hook): Hook => {
    // Node counts there how many reasons it has to check, and here how many hooks: with any, callbacks must leave nothing.
    fields[constants.kCheck] = 1;
    fields[constants.kTotals] = hooks;
    const hook = change();
    hooks = fields[constants.kTotals];
    fields[constants.kCheck] = 0;
    fields[constants.kTotals] = 0;
    return hook;
  };
  prototype.enable = function () {
    return unchecked(() => enable.call(this));
  };
  prototype.disable = function () {
    return unchecked(() => disable.call(this));
  };
}

/** Forgets what was entered and never left. Call it where nothing else runs. */
export function forgetInterruptedHooks(): void {
  wrap?.clearAsyncIdStack();
}

function asyncWrap(): AsyncWrap | undefined {
  try {
    return (process as unknown as { binding(name: string): AsyncWrap }).binding("async_wrap");
  } catch {
    return undefined; // Node 24 and newer
  }
}
