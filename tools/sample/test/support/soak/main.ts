import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '@fairlead/test-support';
import { startSample, stopAll, untilNothingIsLeft } from '../sample-application.ts';
import { pushSwapVersions, swapBehindNginx } from '../swaps-behind-nginx.ts';

// npm run soak -- swaps-behind-nginx [--swaps 20] [--requests 10000] [--per-second 150]
const { values } = parseArgs({
  allowPositionals: true,
  options: {
    swaps: { type: 'string', default: '20' },
    requests: { type: 'string', default: '10000' },
    'per-second': { type: 'string', default: '150' },
  },
});
const [swaps, requests] = [Number(values.swaps), Number(values.requests)];
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const state = mkdtempSync(join(tmpdir(), 'fairlead-soak-'));
try {
  print(
    `${requests} requests through Nginx, ${swaps} swaps and a restart of the gateway, in ${state}`,
  );
  await pushSwapVersions(state);
  const port = await freePort();
  const application = startSample(state, port);
  await application.says('Ctrl-C stops everything.');
  const { sent, answered, failures, versions, gateways, longestMs, seconds } =
    await swapBehindNginx({
      ...{ application, state, port, swaps, requests },
      perSecond: Number(values['per-second']),
      onProgress: print,
    });
  for (const failure of failures.slice(0, 20)) print(String(failure));
  print(
    `${sent} sent, ${answered} answered correctly by the version that each names (${JSON.stringify(versions)}), ` +
      `${failures.length} failed; gateways: ${gateways.join(', ')}; longest ${longestMs.toFixed(0)} ms; ${seconds.toFixed(0)} s`,
  );
  process.exitCode = failures.length === 0 && answered === sent ? 0 : 1;
} finally {
  await stopAll();
  await untilNothingIsLeft(state);
  rmSync(state, { recursive: true, force: true });
}
