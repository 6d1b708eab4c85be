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
