/** One command of `proflab`. */
export interface Command {
  /** What `--help` prints; its first line begins with "usage: proflab". */
  usage: string;
  /** Runs it with what stands behind its name. */
  run(list: string[]): void | Promise<void>;
}
