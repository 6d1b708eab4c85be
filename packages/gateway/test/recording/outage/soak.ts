import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { s3Client, startMoto } from '@fairlead/test-support';
import { TcpLink } from '../../support/tcp-link.ts';
import { outageProblems, runOutage } from './run-outage.ts';

// npm run soak -- records-outage [--away-seconds 1800] [--per-second 50]
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    'away-seconds': { type: 'string', default: '1800' },
    'per-second': { type: 'string', default: '50' },
  },
});
const names = ['shipped limits', 'limits of 8 kB and 200 kB'];
const folder = mkdtempSync(join(tmpdir(), 'fairlead-outage-'));
const moto = await startMoto();
const link = await TcpLink.to(moto.port);
const client = s3Client(moto.endpoint);
try {
  const results = await runOutage({
    ...{ link, client, folder, secondsAround: 60 },
    awaySeconds: Number(values['away-seconds']),
    perSecond: Number(values['per-second']),
    gateways: [
      {},
      {
        // A window for each 10 s, so that they exceed their limit.
        FAIRLEAD_WINDOWS_SLOT_MS: '10000',
        FAIRLEAD_WINDOWS_SPOOL_BYTES: '8000',
        FAIRLEAD_CAPTURE_SPOOL_BYTES: '200000',
      },
    ],
  });
  for (const [index, result] of results.entries()) {
    process.stdout.write(`${names[index]}: ${JSON.stringify(result)}\n`);
    for (const problem of outageProblems(result)) {
      process.stdout.write(`FAILED: ${problem}\n`);
      process.exitCode = 1;
    }
  }
} finally {
  link.close();
  client.destroy();
  await moto.stop();
  rmSync(folder, { recursive: true });
}
