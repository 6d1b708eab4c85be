import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { s3Client, startMoto } from '@fairlead/test-support';
import { TcpLink } from '../../support/tcp-link.ts';
import { rolloutOutageProblems, runRolloutOutage } from './run-outage.ts';

// npm run soak -- rollout-outage [--away-seconds 1800] [--per-second 30]
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    'away-seconds': { type: 'string', default: '1800' },
    'per-second': { type: 'string', default: '30' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'fairlead-rollout-outage-'));
const moto = await startMoto();
const link = await TcpLink.to(moto.port);
const client = s3Client(moto.endpoint);
try {
  const { state, ...result } = await runRolloutOutage({
    ...{ link, client, folder, secondsBefore: 60 },
    awaySeconds: Number(values['away-seconds']),
    perSecond: Number(values['per-second']),
  });
  process.stdout.write(`${JSON.stringify({ ...result, result: state?.result })}\n`);
  for (const entry of state?.entries ?? []) process.stdout.write(`${JSON.stringify(entry)}\n`);
  for (const problem of rolloutOutageProblems({ ...result, state })) {
    process.stdout.write(`FAILED: ${problem}\n`);
    process.exitCode = 1;
  }
} finally {
  link.close();
  client.destroy();
  await moto.stop();
  rmSync(folder, { recursive: true });
}
