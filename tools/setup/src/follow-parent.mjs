// @ts-check
import process from 'node:process';

// Loaded into what `run.mjs` starts. The channel closes when run.mjs ends, even by SIGKILL: then stop in order, as
// after SIGTERM, rather than run on unnoticed. The channel itself keeps nothing alive.
process.once('disconnect', () => {
  process.kill(process.pid, 'SIGTERM');
});
process.channel?.unref();
