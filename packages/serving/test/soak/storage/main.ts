import { parseArgs } from 'node:util';
import { runStorage } from './run-storage.ts';

// npm run soak -- storage [--requests 100000] [--seed 1]
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});
const startedAt = performance.now();
const tally = await runStorage(Number(values.requests), Number(values.seed));
const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
process.stdout.write(
  `${values.requests} requests from seed ${values.seed}, every answer and record exact, in ${seconds} s: ${JSON.stringify(tally)}\n`,
);
