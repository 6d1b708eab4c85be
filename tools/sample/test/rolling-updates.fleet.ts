import { rollBack, rollOut, type Rollout, type RolloutHost } from '@fairlead/deploy';
import { haproxyBalancer } from '@fairlead/deploy/haproxy';
import { sshCarrier } from '@fairlead/deploy/ssh';
import {
  canBootFleet,
  startBalancer,
  startFleet,
  startLoad,
  type Load,
  type LoadResult,
} from '@fairlead/fleet';
import { until } from '@fairlead/test-support/polling';
import { expect, it, onTestFinished } from 'vitest';
import { SampleOnHost } from './support/sample-on-host.ts';

const HOSTS = ['h1', 'h2', 'h3'];
const UPDATES = 10;
const REQUESTS = 50_000;
const RATE = 200;
const HOUR_MS = 3_600_000;

it.skipIf(!canBootFleet())(
  `${UPDATES} rolling updates of the whole sample and a rollback fail none of ${REQUESTS} predictions by both runtimes`,
  async () => {
    const sample = new SampleOnHost();
    onTestFinished(() => {
      sample.remove();
    });
    await sample.prepareModels();
    const releases = [
      await sample.build({}, { entry: sample.changedEntry() }),
      await sample.build(),
    ];
    await using fleet = await startFleet({ hosts: HOSTS.length });
    sample.sync(fleet.sshConfig, HOSTS);
    const haproxy = await startBalancer(fleet);
    const balancer = haproxyBalancer({ socket: haproxy.socket, backend: 'hosts' });
    const hosts: readonly RolloutHost[] = await Promise.all(
      HOSTS.map(async (name) => ({
        carrier: await sshCarrier({ url: name, configFile: fleet.sshConfig }),
        target: name,
      })),
    );
    onTestFinished(async () => {
      await Promise.all(hosts.map(({ carrier }) => carrier.close()));
    });
    const update = async (round: number): Promise<Rollout> => {
      const release = releases[round % 2]?.path ?? '';
      const result = await rollOut({ hosts, balancer, release, watchMs: 0 });
      expect(result.message).toBeUndefined();
      expect(result.outcome).toBe('activated');
      return result;
    };
    for (const round of [0, 1]) await update(round);
    await until(async () =>
      Object.values(await haproxy.states()).every(({ status }) => status === 'UP'),
    );
    const headers = { authorization: `Bearer ${sample.key}` };
    const requests = sample.checks.map(({ path, body, expected }) => ({
      ...{ path, body, expected, headers },
    }));
    expect(requests).toHaveLength(4);
    const start = (): Promise<Load> => startLoad(fleet, { url: haproxy.url, rate: RATE, requests });
    const steadyLoad = await start();
    await steadyLoad.untilSent(20 * RATE);
    const steady = await steadyLoad.stop();

    const load = await start();
    const times: number[] = [];
    for (let round = 0; round < UPDATES; round += 1) {
      const begin = performance.now();
      await update(round);
      times.push(Math.round((performance.now() - begin) / 1_000));
    }
    const begin = performance.now();
    expect(await rollBack({ hosts, balancer })).toMatchObject({ outcome: 'activated' });
    const rollbackMs = Math.round(performance.now() - begin);
    await load.untilSent(REQUESTS);
    const updated = await load.stop();
    console.log(
      [
        `steady: ${show(steady)}`,
        `${UPDATES} updates: ${show(updated)}`,
        `updates of ${HOSTS.length} hosts took ${times.join(', ')} s; the rollback ${rollbackMs} ms`,
      ].join('\n'),
    );
    expect(updated.failures).toEqual([]);
    expect(Object.keys(updated.byHost)).toHaveLength(HOSTS.length);
  },
  HOUR_MS,
);

function show({ sent, failed, p50, p99, max }: LoadResult): string {
  return `${sent} sent, ${failed} failed, p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, max ${max.toFixed(0)} ms`;
}
