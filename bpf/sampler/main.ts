import { cacheDirectory } from "./cache-directory.js";
import { InProcess } from "./in-process.js";
import { serve } from "./server.js";

/** The sampler process: `node main.js SOCKET`. Ends with its last client. */
const socketPath = process.argv[2];
if (socketPath === undefined) {
  process.stderr.write("usage: node main.js SOCKET\n");
  process.exit(2);
}
process.title = "proflab-sampler";
process.umask(0o077);
const server = await serve(socketPath, new InProcess(), cacheDirectory()).catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
if (server !== undefined) {
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.once(signal, () => void end(0));
  await server.finished;
}
await end(0);

async function end(code: number): Promise<never> {
  await server?.close();
  process.exit(code);
}
