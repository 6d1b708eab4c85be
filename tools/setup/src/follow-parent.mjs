// @ts-check
import process from 'node:process';

// Loaded into what `run.mjs` starts. The channel closes when run.mjs is gone, even by SIGKILL: then stop in order, as
// if asked to, rather than go on unseen. The channel itself keeps nothing alive.
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
});
process.channel?.unref();
