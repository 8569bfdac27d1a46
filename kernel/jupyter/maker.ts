import { AsyncLocalStorage, AsyncResource, executionAsyncId } from "node:async_hooks";

// Which request made what calls back now, a socket, a child or a file? From Node 24 on an AsyncLocalStorage knows most of it,
// also after an `await`, and costs nothing. Before, it watches each promise and makes awaiting three times slower, which would
// be seen in profiles of cells. The ids that Node gives to what is made grow: they tell which request was the latest then.

/** How many requests are known by the ids of what was made after their beginning. */
const REMEMBERED = 1000;

const storage =
  Number.parseInt(process.versions.node, 10) >= 24 ? new AsyncLocalStorage<number>() : undefined;

const begun: { firstId: number; parent: number }[] = [];

/** What is made from now on is made for a request. */
export function makeFor(parent: number): void {
  storage?.enterWith(parent);
  begun.push({ firstId: new AsyncResource("Request").asyncId(), parent });
  if (begun.length > REMEMBERED) begun.shift();
}

/** Number of the request for which was made what calls the code that runs now; undefined where that is not known. */
export function maker(): number | undefined {
  const asyncId = executionAsyncId(); // after an `await` it is 0
  return storage?.getStore() ?? begun.findLast(({ firstId }) => firstId <= asyncId)?.parent;
}
