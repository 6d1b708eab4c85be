import { until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import {
  canBootFleet,
  startBalancer,
  startFleet,
  startLoad,
  type Balancer,
  type Fleet,
} from '../src/index.ts';

describe.skipIf(!canBootFleet())('a load balancer in front of two hosts', () => {
  let fleet: Fleet;
  let balancer: Balancer;
  const request = { path: '/v2/models/m/infer', body: {}, expected: { outputs: [0.5] } };

  beforeAll(async () => {
    fleet = await startFleet({ hosts: 2 });
    for (const host of fleet.hosts) {
      await host.writeFile(
        '/etc/nginx/sites-enabled/default',
        `server { listen 80; location / { default_type application/json; return 200 '{"outputs":[0.5],"host":"${host.name}"}'; } }`,
      );
      await host.run(['systemctl', 'reload', 'nginx']);
    }
    balancer = await startBalancer(fleet, fleet.hosts, { checkIntervalMs: 100 });
    await until(async () =>
      Object.values(await balancer.states()).every(({ status }) => status === 'UP'),
    );
  });

  afterAll(async () => {
    await fleet.close();
  });

  test('no request of a constant load fails while a drained host restarts its server', async () => {
    const host = fleet.host('h1');
    const load = await startLoad(fleet, { url: balancer.url, rate: 200, requests: [request] });
    await balancer.drain(host);
    expect((await balancer.states()).h1?.status).toBe('DRAIN');
    await host.run(['systemctl', 'restart', 'nginx']);
    await balancer.ready(host);
    await load.untilSent(50);
    const { sent, failed, failures, byHost } = await load.stop();
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
    expect(sent).toBeGreaterThanOrEqual(50);
    expect((byHost.h1 ?? 0) + (byHost.h2 ?? 0)).toBe(sent);
    expect(byHost.h2).toBeGreaterThan(byHost.h1 ?? 0);
  });

  test('a load counts a wrong answer as failed, with the answer and its host', async () => {
    const requests = [{ ...request, expected: { outputs: [0.6] } }];
    const load = await startLoad(fleet, { url: balancer.url, rate: 100, requests });
    await load.untilSent(20);
    const { failures, failed, sent } = await load.stop();
    expect(failed).toBe(sent);
    expect(failures[0]).toMatchObject({
      status: 200,
      error: 'the answer differs from the expected one',
      host: expect.stringMatching(/^h[12]$/) as string,
    });
  });

  test('a host without power gets no request once its health checks fail', async () => {
    const host = fleet.host('h1');
    await host.powerOff();
    await until(async () => (await balancer.states()).h1?.status.startsWith('DOWN') === true);
    const load = await startLoad(fleet, { url: balancer.url, rate: 100, requests: [request] });
    await load.untilSent(20);
    const { sent, failed, byHost } = await load.stop();
    expect(sent).toBeGreaterThanOrEqual(20);
    expect(failed).toBe(0);
    expect(byHost.h1).toBeUndefined();
  });
});
