const INTERVAL_MS = 1000;

/**
 * Calls `onDeath` when the process that started the kernel is gone. Jupyter says which that is by `JPY_PARENT_PID`;
 * without it nothing is watched.
 */
export function watchParent(onDeath: () => void): void {
  const parent = Number(process.env.JPY_PARENT_PID);
  if (!Number.isInteger(parent) || parent <= 1) return;
  const timer = setInterval(() => {
    if (isAlive(parent)) return;
    clearInterval(timer);
    onDeath();
  }, INTERVAL_MS).unref();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
