let running = 0;
let outside = '';

/** Runs `work` with `folder` as the process's working folder; runs at the same time have to share their folder. */
export async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  if (running === 0) {
    outside = process.cwd();
    process.chdir(folder);
  } else if (process.cwd() !== folder) {
    throw new Error(`a run in ${process.cwd()} is not over: start none in ${folder}`);
  }
  running += 1;
  try {
    return await work();
  } finally {
    running -= 1;
    if (running === 0) process.chdir(outside);
  }
}
