/** Exits on the signals that end a program, so that what has to be undone at exit is undone. */
export function exitOnSignals(): void {
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ] as const)
    process.once(signal, () => process.exit(128 + number));
}
