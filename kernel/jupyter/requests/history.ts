import type { History } from "../history.js";
import type { Handler } from "../session.js";

interface HistoryContent {
  hist_access_type: "tail" | "range" | "search";
  /** True: each entry is `[input, output]`. */
  output?: boolean;
  session?: number;
  start?: number;
  stop?: number;
  n?: number;
  pattern?: string;
  unique?: boolean;
}

/** `history_request`. Outputs are not kept: where they are asked for, null stands. */
export function historyHandler(history: History): Handler {
  return ({ content, reply }) => {
    const ask = content as unknown as HistoryContent;
    const count = ask.n ?? Number.MAX_SAFE_INTEGER;
    const found = {
      tail: () => history.tail(count),
      range: () => history.range(ask.session ?? 0, ask.start ?? 0, ask.stop ?? Number.MAX_SAFE_INTEGER),
      search: () => history.search(ask.pattern ?? "*", count, ask.unique ?? false),
    }[ask.hist_access_type]();
    reply({
      history: ask.output ? found.map(([session, line, input]) => [session, line, [input, null]]) : found,
    });
  };
}
