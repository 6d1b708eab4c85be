import { setTimeout as sleep } from 'node:timers/promises';

import { canBootFleet, startLoad, type Load } from '@fairlead/fleet';
import { until } from '@fairlead/test-support';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { readHostStatus, rollBack, rollOut, type BuiltRelease } from '../../src/index.ts';
import { startServedFleet, untilAllServe, type ServedFleet } from '../support/served-fleet.ts';
import { buildService } from '../support/service-release.ts';
import { startRollOut, type RunningRollOut } from '../support/start-roll-out.ts';

/** Kills of the deploying process. */
const KILLS = 30;
const HOUR_MS = 3_600_000;
const request = { path: '/v2/models/m/infer', body: {}, expected: {} };

describe.skipIf(!canBootFleet())('a rolling update that is interrupted', () => {
  let served: ServedFleet;
  let releases: readonly [BuiltRelease, BuiltRelease];
  let load: Load;

  const start = (
    { path }: BuiltRelease,
    work: 'rollOut' | 'rollBack' = 'rollOut',
  ): RunningRollOut =>
    startRollOut({
      work,
      sshConfig: served.fleet.sshConfig,
      names: served.fleet.hosts.map(({ name }) => name),
      socket: served.haproxy.socket,
      release: path,
    });
  const fleetOptions = () => ({ hosts: served.hosts, balancer: served.balancer });
  const current = async (): Promise<readonly unknown[]> => {
    const all = await Promise.all(served.hosts.map(({ carrier }) => readHostStatus(carrier)));
    for (const { pending } of all) expect(pending).toBeUndefined();
    return all.map((status) => status.current);
  };
  const everywhere = ({ digest }: BuiltRelease): readonly string[] =>
    served.hosts.map(() => digest);

  beforeAll(async () => {
    served = await startServedFleet(3);
    releases = [await buildService({ version: 1 }), await buildService({ version: 2 })];
    for (const { path } of releases) {
      const result = await rollOut({ ...fleetOptions(), release: path, watchMs: 0 });
      expect(result).toMatchObject({ outcome: 'activated' });
    }
    await untilAllServe(served);
    load = await startLoad(served.fleet, {
      ...{ url: served.haproxy.url, rate: 50, requests: [request] },
    });
  });

  afterAll(async () => {
    await served[Symbol.asyncDispose]();
  });

  it(
    `is finished by the next one after kill -9 at ${KILLS} random moments`,
    async () => {
      let [killed, round] = [0, 0];
      let typicalMs = 10_000;
      const moments: string[] = [];
      while (killed < KILLS) {
        expect(round, 'the update ended before most of the kills').toBeLessThan(3 * KILLS);
        const release = releases[round % 2] ?? releases[0];
        round += 1;
        const running = start(release);
        await Promise.race([sleep(Math.random() * typicalMs), running.ended]);
        running.kill('SIGKILL');
        const ended = await running.ended;
        if (ended === undefined) {
          killed += 1;
          moments.push(JSON.stringify(running.lines.at(-1)));
        }
        // At once, from the same machine: the lock of the killed process is replaced.
        const begin = performance.now();
        const next = await start(release).ended;
        expect(next?.message).toBeUndefined();
        expect(['activated', 'unchanged']).toContain(next?.outcome);
        typicalMs = Math.max(2_000, performance.now() - begin);
        expect(await current()).toEqual(everywhere(release));
        await untilAllServe(served);
      }
      process.stdout.write(`${killed} kills, after:\n${moments.join('\n')}\n`);
    },
    HOUR_MS,
  );

  it('is returned by a rollback after kill -9 between two hosts', async () => {
    const [first, second] = releases;
    await rollOut({ ...fleetOptions(), release: first.path, watchMs: 0 });
    const running = start(second);
    await running.until((line) => line.type === 'host' && line.host === 'h1');
    running.kill('SIGKILL');
    await running.ended;
    expect(await rollBack(fleetOptions())).toMatchObject({ outcome: 'activated' });
    expect(await current()).toEqual(everywhere(first));
    await untilAllServe(served);
  });

  it('ends in order after Ctrl-C, which the terminal sends to ssh too', async () => {
    const [first, second] = releases;
    await rollOut({ ...fleetOptions(), release: first.path, watchMs: 0 });
    const running = start(second);
    await running.until((line) => line.type === 'step' && line.step === 'switch');
    running.kill('SIGINT', 'group');
    const result = await running.ended;
    expect(result?.hosts.map(({ outcome }) => outcome)).toEqual([
      ...['activated', 'untouched', 'untouched'],
    ]);
    expect(result?.outcome).toBe('aborted');
    expect(await current()).toEqual([second.digest, first.digest, first.digest]);
    await untilAllServe(served);
  });

  it('goes on when the connection to a host breaks during its activation', async () => {
    const [first, second] = releases;
    await rollOut({ ...fleetOptions(), release: first.path, watchMs: 0 });
    const h1 = served.fleet.host('h1');
    const broken = Promise.withResolvers<unknown>();
    const result = await rollOut({
      ...{ ...fleetOptions(), release: second.path, watchMs: 0 },
      onEvent: (event) => {
        if (event.type !== 'step' || event.host !== 'h1' || event.step !== 'restart') return;
        broken.resolve(h1.run(['pkill', '-9', '-f', 'sshd: admin'], { mayFail: true }));
      },
    });
    await broken.promise;
    expect(result.message).toBeUndefined();
    expect(result.outcome).toBe('activated');
    expect(await current()).toEqual(everywhere(second));
    await untilAllServe(served);
  });

  it('lets a rollback be repeated at once after kill -9', async () => {
    const [first, second] = releases;
    for (const { path } of [first, second]) {
      await rollOut({ ...fleetOptions(), release: path, watchMs: 0 });
    }
    const running = start(first, 'rollBack');
    await running.until((line) => line.type === 'step' && line.step === 'drain');
    await sleep(1_500);
    running.kill('SIGKILL');
    await running.ended;
    expect(await rollBack(fleetOptions())).toMatchObject({ outcome: 'activated' });
    expect(await current()).toEqual(everywhere(first));
    await untilAllServe(served);
  });

  it('lets a host serve on whose agent failed before the change', async () => {
    const [first, second] = releases;
    await rollOut({ ...fleetOptions(), release: first.path, watchMs: 0 });
    const h1 = served.fleet.host('h1');
    // The agent writes its state by this name.
    const obstacle = '/var/lib/fairlead-deploy/state.json.new';
    await h1.run(['mkdir', obstacle]);
    const result = await rollOut({ ...fleetOptions(), release: second.path, watchMs: 0 });
    await h1.run(['rmdir', obstacle]);
    expect(result.hosts.map(({ outcome }) => outcome)).toEqual([
      'failed',
      'untouched',
      'untouched',
    ]);
    expect(result.message).toContain('state.json.new');
    expect(result.hosts[0]?.digest).toBe(first.digest);
    expect((await served.haproxy.states()).h1?.status).toBe('UP');
  });

  it('reverts the other hosts when one loses its power, and the next one updates it', async () => {
    const [first, second] = releases;
    await rollOut({ ...fleetOptions(), release: first.path, watchMs: 0 });
    const h2 = served.fleet.host('h2');
    const running = start(second);
    await running.until(
      (line) => line.type === 'step' && line.host === 'h2' && line.step === 'switch',
    );
    await h2.powerOff();
    const result = await running.ended;
    expect(result?.outcome).toBe('failed');
    expect(result?.hosts.map(({ outcome }) => outcome)).toEqual([
      ...['reverted', 'failed', 'untouched'],
    ]);
    expect(result?.hosts[1]?.message).toContain('The host h2:');
    await h2.boot({ acceptFailedUnits: true });
    await until(async () => (await served.fleet.ssh(['h2', 'true'])).exitCode === 0);
    const next = await rollOut({ ...fleetOptions(), release: second.path, watchMs: 0 });
    expect(next.message).toBeUndefined();
    expect(await current()).toEqual(everywhere(second));
    await untilAllServe(served);
  });

  it('failed no request in all of this', async () => {
    const { sent, failed, failures, p50, p99, max } = await load.stop();
    process.stdout.write(
      `${sent} sent, ${failed} failed; p50 ${p50} ms, p99 ${p99} ms, max ${max} ms\n`,
    );
    expect(failures).toEqual([]);
  });
});
