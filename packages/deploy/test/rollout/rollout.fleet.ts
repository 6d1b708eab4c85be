import { canBootFleet, startLoad, type Load } from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  rollBack,
  rollOut,
  type BuiltRelease,
  type Rollout,
  type RolloutEvent,
} from '../../src/index.ts';
import { askService } from '../support/agent-on-host.ts';
import { startServedFleet, untilAllServe, type ServedFleet } from '../support/served-fleet.ts';
import { buildService } from '../support/service-release.ts';

const request = { path: '/v2/models/m/infer', body: {}, expected: {} };

describe.skipIf(!canBootFleet())('a rolling update of three hosts under load', () => {
  let served: ServedFleet;
  let first: BuiltRelease;
  let second: BuiltRelease;
  let load: Load;
  let failedFirst: Rollout;

  const history: string[] = [];
  const onEvent = (event: RolloutEvent): void => {
    history.push(`${new Date().toISOString()} ${JSON.stringify(event).slice(0, 300)}`);
  };
  const update = ({ path }: BuiltRelease, watchMs = 3_000): Promise<Rollout> =>
    rollOut({ hosts: served.hosts, balancer: served.balancer, release: path, watchMs, onEvent });
  const versions = (): Promise<readonly unknown[]> =>
    Promise.all(served.fleet.hosts.map(async (host) => (await askService(host)) as object));
  const allServe = async (version: number): Promise<void> => {
    expect(await versions()).toEqual(
      Array.from({ length: 3 }, () => ({ version, outputs: [version] })),
    );
  };
  const outcomesOf = ({ hosts }: Rollout): readonly string[] => hosts.map(({ outcome }) => outcome);

  beforeAll(async () => {
    served = await startServedFleet(3);
    first = await buildService({ version: 1 });
    second = await buildService({ version: 2 });
    failedFirst = await rollOut({
      ...{ hosts: served.hosts, release: first.path, watchMs: 0, onEvent },
      balancer: {
        drain: () => Promise.reject(new Error('the balancer is away')),
        ready: () => Promise.resolve(),
      },
    });
    expect(await update(first, 0)).toMatchObject({ outcome: 'activated' });
    await untilAllServe(served);
    load = await startLoad(served.fleet, {
      url: served.haproxy.url,
      rate: 100,
      requests: [request],
    });
  });

  afterAll(async () => {
    await served[Symbol.asyncDispose]();
  });

  it('leaves hosts alone that it could not drain for their first release', () => {
    expect(failedFirst).toMatchObject({ outcome: 'failed', message: 'the balancer is away' });
    expect(outcomesOf(failedFirst)).toEqual(['failed', 'untouched', 'untouched']);
    expect(failedFirst.hosts.map(({ digest }) => digest)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('updates one host after the other, and does nothing the second time', async () => {
    const steps: string[] = [];
    const result = await rollOut({
      ...{ hosts: served.hosts, balancer: served.balancer, release: second.path, watchMs: 3_000 },
      onEvent: (event) => {
        if (event.type === 'step' && event.step !== 'send')
          steps.push(`${event.host} ${event.step}`);
      },
    });
    expect(result.message).toBeUndefined();
    expect(outcomesOf(result)).toEqual(['activated', 'activated', 'activated']);
    const drains = steps.filter((step) => / (?:drain|ready)$/.test(step));
    expect(drains).toEqual(
      ['h1', 'h2', 'h3'].flatMap((host) => [`${host} drain`, `${host} ready`]),
    );
    await allServe(2);
    const again = await update(second);
    expect([again.outcome, ...outcomesOf(again)]).toEqual(
      Array.from({ length: 4 }, () => 'unchanged'),
    );
    expect(again.hosts.map(({ sentBytes }) => sentBytes)).toEqual([0, 0, 0]);
  });

  it('returns the whole fleet to the release before by one call', async () => {
    const start = performance.now();
    const result = await rollBack({ hosts: served.hosts, balancer: served.balancer, onEvent });
    expect([result.outcome, ...outcomesOf(result)]).toEqual(
      Array.from({ length: 4 }, () => 'activated'),
    );
    process.stdout.write(`rollback of 3 hosts: ${Math.round(performance.now() - start)} ms\n`);
    await allServe(1);
    await expect(rollBack({ hosts: served.hosts })).rejects.toMatchObject({
      code: 'ERR_DEPLOY_HOST',
    });
  });

  it.each([
    ['can not start', { before: "throw new Error('broken');" }, /ended \d+ times/],
    ['answers a golden example wrongly', { outputs: '0.5' }, /expected \{"outputs":\[3\]\}/],
  ])('stops at the first host of a release that %s', async (_, service, reason) => {
    const broken = await buildService({ version: 3, ...service });
    const result = await update(broken);
    expect(result.outcome).toBe('reverted');
    expect(outcomesOf(result)).toEqual(['reverted', 'untouched', 'untouched']);
    expect(result.message).toMatch(reason);
    expect(result.hosts[0]?.log?.join('\n')).toBeTruthy();
    await allServe(1);
  });

  it('lets one deployment at a time change the hosts, and names the other', async () => {
    const options = {
      hosts: served.hosts,
      balancer: served.balancer,
      release: second.path,
      watchMs: 0,
    };
    const locked = Promise.withResolvers<undefined>();
    const running = rollOut({
      ...options,
      owner: 'alice@laptop',
      onEvent: (event) => {
        if (event.type === 'phase' && event.phase === 'prepare') locked.resolve(undefined);
      },
    });
    await locked.promise;
    const others = rollOut({ ...options, hosts: served.hosts.slice(1), owner: 'bob@desk' });
    await expect(others).rejects.toMatchObject({
      code: 'ERR_DEPLOY_LOCKED',
      message: expect.stringMatching(
        /^The host h2 is locked by alice@laptop since 20\d\d-.*renewed \d+ s ago\./,
      ) as string,
    });
    expect(await running).toMatchObject({ outcome: 'activated' });
    await allServe(2);
  });

  it('stops between two hosts, and the next call goes on, or returns', async () => {
    const stopping = new AbortController();
    const result = await rollOut({
      ...{ hosts: served.hosts, balancer: served.balancer, release: first.path, watchMs: 0 },
      signal: stopping.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 'switch') stopping.abort();
      },
    });
    expect(result.outcome).toBe('aborted');
    expect(outcomesOf(result)).toEqual(['activated', 'untouched', 'untouched']);
    await untilAllServe(served);
    expect(
      await rollBack({ hosts: served.hosts, balancer: served.balancer, onEvent }),
    ).toMatchObject({
      outcome: 'activated',
    });
    await allServe(2);
    expect(await update(first, 0)).toMatchObject({ outcome: 'activated' });
    await allServe(1);
  });

  it('failed no request in all of this', async () => {
    const { sent, failed, failures, p50, p99, max } = await load.stop();
    process.stdout.write(
      `${sent} sent, ${failed} failed; p50 ${p50} ms, p99 ${p99} ms, max ${max} ms\n`,
    );
    if (failed > 0) process.stdout.write(`${history.join('\n')}\n`);
    expect(failures).toEqual([]);
    expect(failed).toBe(0);
  });

  it('reverts every host when the release crashes while it is watched', async () => {
    const before = 'setTimeout(() => process.exit(1), 20_000).unref();';
    const crashing = await buildService({ version: 3, before });
    const { url } = served.haproxy;
    const ownLoad = await startLoad(served.fleet, { url, rate: 100, requests: [request] });
    const result = await update(crashing, 75_000);
    expect(result.message).toMatch(/failed after it was activated: .* ended 1 times/);
    expect(result.outcome).toBe('reverted');
    expect(outcomesOf(result)).toContain('reverted');
    await allServe(1);
    const { sent, failed, failures } = await ownLoad.stop();
    process.stdout.write(`${sent} sent, ${failed} failed while it crashed\n`);
    // Requests that the process had taken when it ended: a few at each of at most three ends.
    expect(failed).toBeLessThan(15);
    expect(failures.filter(({ status }) => status !== 502)).toEqual([]);
  });
});
