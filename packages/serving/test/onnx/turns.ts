/** Maximum processor time of this thread in one turn of the event loop while `action` runs, in milliseconds. */
export async function longestTurnMs(action: () => Promise<unknown>): Promise<number> {
  const cpuMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let longest = 0;
  let last = cpuMs();
  let isOver = false;
  const turn = (): void => {
    const now = cpuMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  try {
    await action();
  } finally {
    isOver = true;
  }
  // Duration of the last turn.
  turn();
  return longest;
}
