import { parseArgs } from 'node:util';
import { hangWorker, killWorker, type Loss } from './lost-workers.ts';

// npm run soak -- workers [--losses 20]
const { values } = parseArgs({
  allowPositionals: true,
  options: { losses: { type: 'string', default: '20' } },
});
const losses = Number(values.losses);
const MOST_MS = 2000;

for (const [what, lose] of [
  ['killed', killWorker],
  ['hung', hangWorker],
] as const) {
  const seen: Loss[] = [];
  for (let round = 0; round < losses; round += 1) seen.push(await lose());
  const times = seen.map(({ recoveredAfterMs }) => recoveredAfterMs).sort((a, b) => a - b);
  const [median = NaN, longest = NaN] = [times[times.length >> 1], times.at(-1)];
  const sum = (of: (loss: Loss) => number): number => seen.reduce((all, each) => all + of(each), 0);
  process.stdout.write(
    `${losses} workers ${what}: every request was answered; the successor gave its first answer after ${median.toFixed(0)} ms (median), ${longest.toFixed(0)} ms (longest);` +
      ` ${sum((loss) => loss.answered)} results, ${sum((loss) => loss.failed)} errors, of those that were being executed\n`,
  );
  if (!(longest < MOST_MS)) process.exitCode = 1;
}
