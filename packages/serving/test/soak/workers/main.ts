import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { hangWorker, killWorker, type Loss } from './lost-workers.ts';

// npm run soak -- workers [--losses 20]
const { values } = parseArgs({
  allowPositionals: true,
  options: { losses: { type: 'string', default: '20' } },
});
const losses = Number(values.losses);
const MAX_MS = 2000;
/** On a machine with other work: starts of an empty Node.js process in a row, which such a machine slows down as much. */
const MAX_STARTS = 10;

/** Milliseconds that an empty Node.js process takes. */
function startMs(): number {
  const startedAt = performance.now();
  execFileSync(process.execPath, ['-e', '0']);
  return performance.now() - startedAt;
}

for (const [what, lose] of [
  ['killed', killWorker],
  ['hung', hangWorker],
] as const) {
  const seen: Loss[] = [];
  const starts: number[] = [];
  for (let round = 0; round < losses; round += 1) {
    seen.push(await lose());
    starts.push(startMs());
  }
  const times = seen.map(({ recoveredAfterMs }) => recoveredAfterMs).sort((a, b) => a - b);
  const [median = NaN, longest = NaN] = [times[times.length >> 1], times.at(-1)];
  const sum = (of: (loss: Loss) => number): number => seen.reduce((all, each) => all + of(each), 0);
  process.stdout.write(
    `${losses} workers ${what}: every request was answered; the successor gave its first answer after ${median.toFixed(0)} ms (median), ${longest.toFixed(0)} ms (longest);` +
      ` ${sum((loss) => loss.answered)} results, ${sum((loss) => loss.failed)} errors, of those that were being executed\n`,
  );
  const limit = Math.max(MAX_MS, MAX_STARTS * Math.max(...starts));
  process.stdout.write(
    `limit: ${limit.toFixed(0)} ms; Node.js itself started in ${Math.max(...starts).toFixed(0)} ms (longest)\n`,
  );
  if (!(longest < limit)) process.exitCode = 1;
}
