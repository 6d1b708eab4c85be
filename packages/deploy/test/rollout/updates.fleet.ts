import { canBootFleet, startLoad, type LoadResult } from '@fairlead/fleet';
import { expect, it } from 'vitest';

import { rollBack, rollOut, type Rollout, type RolloutEvent } from '../../src/index.ts';
import { startServedFleet, untilAllServe } from '../support/served-fleet.ts';
import { buildService } from '../support/service-release.ts';

const UPDATES = 10;
const REQUESTS = 50_000;
const RATE = 200;
const HOUR_MS = 3_600_000;

it.skipIf(!canBootFleet())(
  `${UPDATES} rolling updates in a row and a rollback fail none of ${REQUESTS} requests`,
  async () => {
    await using served = await startServedFleet(3);
    const releases = [await buildService({ version: 1 }), await buildService({ version: 2 })];
    const { hosts, balancer, haproxy } = served;
    const history: string[] = [];
    const onEvent = (event: RolloutEvent): void => {
      history.push(`${new Date().toISOString()} ${JSON.stringify(event).slice(0, 120)}`);
    };
    const update = (round: number): Promise<Rollout> =>
      rollOut({
        ...{ hosts, balancer, watchMs: 0, onEvent },
        release: releases[round % 2]?.path ?? '',
      });
    for (const round of [0, 1]) expect(await update(round)).toMatchObject({ outcome: 'activated' });
    await untilAllServe(served);
    const start = () =>
      startLoad(served.fleet, {
        ...{ url: haproxy.url, rate: RATE },
        requests: [{ path: '/v2/models/m/infer', body: {}, expected: {} }],
      });

    const steadyLoad = await start();
    await steadyLoad.untilSent(30 * RATE);
    const steady = await steadyLoad.stop();
    const load = await start();
    const times: number[] = [];
    for (let round = 0; round < UPDATES; round += 1) {
      const begin = performance.now();
      const result = await update(round);
      expect(result.message).toBeUndefined();
      expect(result).toMatchObject({ outcome: 'activated' });
      times.push(Math.round(performance.now() - begin));
    }
    const begin = performance.now();
    expect(await rollBack({ hosts, balancer, onEvent })).toMatchObject({ outcome: 'activated' });
    const rollbackMs = Math.round(performance.now() - begin);
    await load.untilSent(REQUESTS);
    const updated = await load.stop();
    const show = ({ sent, failed, p50, p99, max }: LoadResult): string =>
      `${sent} sent, ${failed} failed, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(0)} ms`;
    process.stdout.write(
      [
        `steady: ${show(steady)}`,
        `${UPDATES} updates: ${show(updated)}`,
        `updates of 3 hosts took ${times.join(', ')} ms; the rollback ${rollbackMs} ms`,
        '',
      ].join('\n'),
    );
    if (updated.failed > 0) process.stdout.write(`${history.join('\n')}\n`);
    expect(updated.failures).toEqual([]);
    expect(Object.keys(updated.byHost)).toHaveLength(3);
  },
  HOUR_MS,
);

it.skipIf(!canBootFleet())(
  'the only host behind a balancer is not drained: requests wait for the new service',
  async () => {
    await using served = await startServedFleet(1);
    const { hosts, balancer, haproxy } = served;
    const releases = [await buildService({ version: 1 }), await buildService({ version: 2 })];
    const steps: string[] = [];
    const update = (release = ''): Promise<Rollout> =>
      rollOut({
        ...{ hosts, balancer, release, watchMs: 0 },
        onEvent: (event) => {
          if (event.type === 'step') steps.push(event.step);
        },
      });
    const [first, second] = releases;
    expect(await update(first?.path)).toMatchObject({ outcome: 'activated' });
    await untilAllServe(served);
    const load = await startLoad(served.fleet, {
      // Below the limit of Nginx per address, which is that of the balancer.
      ...{ url: haproxy.url, rate: 50 },
      requests: [{ path: '/v2/models/m/infer', body: {}, expected: {} }],
    });
    for (const release of [second, first, second]) {
      expect(await update(release?.path)).toMatchObject({ outcome: 'activated' });
    }
    expect(await rollBack({ hosts, balancer })).toMatchObject({ outcome: 'activated' });
    const { sent, failed } = await load.stop();
    process.stdout.write(`one host, 4 changes: ${sent} sent, ${failed} failed\n`);
    // Nginx closes idle connections when it is reloaded: requests that HAProxy sends at that moment fail. A drained host would fail all for seconds.
    expect(failed).toBeLessThan(sent / 50);
    expect(steps).toContain('ready');
    expect(steps).not.toContain('drain');
  },
  HOUR_MS,
);
