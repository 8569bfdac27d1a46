import type { History } from "../history.js";
import type { Handler } from "../session.js";

interface HistoryContent {
  hist_access_type: "tail" | "range" | "search";
  /** True: each entry is `[input, output]`. */
  output?: boolean;
  session?: number;
  start?: number;
  stop?: number | null;
  n?: number | null;
  pattern?: string;
  unique?: boolean;
}

/** `history_request`. Inputs are kept as they were typed, so that `raw` makes no difference. */
export function historyHandler(history: History): Handler {
  return async ({ content, reply }) => {
    const ask = content as unknown as HistoryContent;
    const count = ask.n ?? Number.MAX_SAFE_INTEGER;
    const access = {
      tail: () => history.tail(count),
      range: () => history.range(ask.session ?? 0, ask.start ?? 0, ask.stop ?? Number.MAX_SAFE_INTEGER),
      search: () => history.search(String(ask.pattern ?? "*"), count, ask.unique ?? false),
    };
    if (!Object.hasOwn(access, ask.hist_access_type)) {
      throw new Error(
        `hist_access_type is "tail", "range" or "search", not ${JSON.stringify(ask.hist_access_type)}`,
      );
    }
    const found = await access[ask.hist_access_type]();
    reply({
      history: found.map(({ session, line, input, output }) => [
        session,
        line,
        ask.output ? [input, output ?? null] : input,
      ]),
    });
  };
}
