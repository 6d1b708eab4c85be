import { parseArgs } from 'node:util';
import { startRedis } from '@fairlead/test-support';
import { measureError } from './measure-error.ts';

// npm run soak -- limits [--rate 5000] [--processes 4] [--seconds 20] [--rounds 3]
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    rate: { type: 'string', default: '5000' },
    processes: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: '3' },
  },
});
const [rate, processes, seconds, rounds] = [
  values.rate,
  values.processes,
  values.seconds,
  values.rounds,
].map(Number) as [number, number, number, number];

/** Returns whether a limit of which the clients send `share` is allowed to a hundredth. */
async function runRound(maxAmount: number): Promise<boolean> {
  const redis = await startRedis();
  try {
    // Two thirds of what is sent are allowed, so that the limit is reached under load.
    const limit = Math.floor((rate * seconds * ((1 + maxAmount) / 2) * 2) / 3);
    const load = { processes, ratePerProcess: rate / processes, durationMs: seconds * 1000 };
    const result = await measureError(redis.url, { ...load, limit, maxAmount });
    const isRight = result.error <= 0 && result.error >= -0.01;
    process.stdout.write(`${JSON.stringify({ maxAmount, limit, ...result, isRight })}\n`);
    return isRight;
  } finally {
    await redis.kill();
  }
}

let failures = 0;
for (let round = 0; round < rounds; round += 1) {
  for (const maxAmount of [1, 1000]) if (!(await runRound(maxAmount))) failures += 1;
}
process.exitCode = failures === 0 ? 0 : 1;
