/** The process that `isolated-query.ts` starts: it answers queries one by one, and ends with the one that asks. */
import { type Connection, openDatabase } from "./database.js";
import type { Answer } from "./isolated-query.js";
import { runQuery } from "./query.js";

/** What it may take of memory, and none of the disk. */
const LIMITS = ["SET memory_limit = '1GB'", "SET temp_directory = ''", "SET threads = 1"];

let opening: Promise<Connection> | undefined;

async function open(): Promise<Connection> {
  const connection = await (await openDatabase("all")).connect();
  for (const limit of LIMITS) await connection.run(limit);
  return connection;
}

async function answer(query: string): Promise<Answer> {
  try {
    opening ??= open();
    return { columns: await runQuery(await opening, query, []) };
  } catch (error) {
    const { message } = error as Error;
    if (/^(INTERNAL|FATAL)/.test(message)) opening = undefined; // that database takes no further query
    return { message };
  }
}

process.on("message", (query: string) => {
  answer(query).then((result) => process.send?.(result));
});
process.on("disconnect", () => process.exit());
