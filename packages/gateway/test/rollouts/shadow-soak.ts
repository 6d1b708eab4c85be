import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureShadow } from './measure-shadow.ts';

// npm run soak -- rollout-shadow [--rounds 8] [--seconds 15] [--rate 200] [--share 0.1]
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '15' },
    rate: { type: 'string', default: '200' },
    share: { type: 'string', default: '0.1' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'fairlead-shadow-'));
mkdirSync(join(folder, 'registry'));
try {
  const { without, beside, ratio, range, failures } = await measureShadow(folder, {
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
    rate: Number(values.rate),
    share: Number(values.share),
    onRound: (line) => void process.stdout.write(`${line}\n`),
  });
  const percent = (of: number): string => `${((of - 1) * 100).toFixed(1)} %`;
  process.stdout.write(
    `median of the rounds without a shadow: p50 ${without.p50Ms.toFixed(2)} ms, p99 ${without.p99Ms.toFixed(2)} ms; ` +
      `beside it: p50 ${beside.p50Ms.toFixed(2)} ms, p99 ${beside.p99Ms.toFixed(2)} ms\n` +
      `p99 beside the shadow against that without, median of the rounds: ${percent(ratio)}, from ${percent(range[0])} to ${percent(range[1])} (goal: at most 5 %)\n` +
      `${beside.copies} copies of ${beside.requests} requests; ${failures} failures\n`,
  );
  process.exitCode = failures === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}
