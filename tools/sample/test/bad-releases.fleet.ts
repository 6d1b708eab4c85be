import { rollOut, type BuiltRelease, type Rollout } from '@fairlead/deploy';
import { canBootFleet, type LoadResult } from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SampleFleet, show } from './support/sample-fleet.ts';

/** One update with the times of its revert. */
interface TimedRollout {
  readonly result: Rollout;
  /** Milliseconds from the first restart with the bad release to its end at the gate or the decision to revert. */
  readonly detectedMs: number;
  /** Milliseconds from there to the last host that serves the old release. */
  readonly revertedMs: number;
}

const onFirst = ['reverted', 'untouched', 'untouched'];
const onAll = ['reverted', 'reverted', 'reverted'];

describe.skipIf(!canBootFleet())('a bad release of the whole sample on three hosts', () => {
  let served: SampleFleet;
  let good: BuiltRelease;

  beforeAll(async () => {
    served = await SampleFleet.start();
    good = await served.sample.build();
    const first = await rollOut({ ...served.targets, release: good.path, watchMs: 0 });
    expect([first.message, first.outcome]).toEqual([undefined, 'activated']);
    await served.untilAllServe();
    await served.shell(`
      cp -a /var/lib/fairlead/registry /var/lib/fairlead/damaged
      cd /var/lib/fairlead/damaged
      for blob in $(find blobs -type f -size +1k); do printf damaged | dd of=$blob conv=notrunc bs=1 seek=64 status=none; done`);
  });

  afterAll(async () => {
    await (served as SampleFleet | undefined)?.[Symbol.asyncDispose]();
  });

  async function update({ path }: BuiltRelease): Promise<TimedRollout> {
    const times = new Map<string, number>();
    let end = Number.NaN;
    const result = await rollOut({
      ...{ ...served.targets, release: path },
      onEvent: (event) => {
        end = performance.now();
        const name =
          event.type === 'phase' ? `phase ${event.phase}` : event.type === 'step' ? event.step : '';
        if (!times.has(name)) times.set(name, end);
      },
    });
    // The agent reverts a host whose gate fails; the fleet reverts after that, or because of the watch.
    const detected = times.get('revert') ?? times.get('phase revert') ?? Number.NaN;
    const restarted = times.get('restart') ?? Number.NaN;
    return { result, detectedMs: detected - restarted, revertedMs: end - detected };
  }

  /** Deploys a release under load, which has to be reverted. */
  async function expectRevert(
    name: string,
    release: BuiltRelease,
    outcomes: readonly string[],
  ): Promise<LoadResult['failures']> {
    const load = await served.startLoad();
    const { result, detectedMs, revertedMs } = await update(release);
    await served.untilAllServe();
    const sent = await load.stop();
    console.log(
      `${name}: detected after ${Math.round(detectedMs)} ms, reverted after ${Math.round(revertedMs)} ms; ${show(sent)}`,
    );
    expect(result.outcome, result.message).toBe('reverted');
    expect(result.hosts.map(({ outcome }) => outcome)).toEqual(outcomes);
    expect(result.hosts.map(({ digest }) => digest)).toEqual(outcomes.map(() => good.digest));
    return sent.failures;
  }

  it('that can not start is reverted without a failed request', async () => {
    const { sample } = served;
    const entry = sample.changedEntry("if (process.pid > 0) throw new Error('broken');");
    expect(await expectRevert('can not start', await sample.build({}, { entry }), onFirst)).toEqual(
      [],
    );
  });

  it('that answers a golden example wrongly is reverted without a failed request', async () => {
    const { sample } = served;
    const expected = { outputs: [{ name: 'label', data: [99] }] };
    const checks = sample.checks.map((check) =>
      check.path === '/v2/models/digits/infer' ? { ...check, expected } : check,
    );
    const release = await sample.build({}, { checks });
    expect(await expectRevert('answers wrongly', release, onFirst)).toEqual([]);
  });

  it('whose models can not be loaded is reverted without a failed request', async () => {
    const release = await served.sample.build({ registry: '/var/lib/fairlead/damaged' });
    expect(await expectRevert('loads no model', release, onFirst)).toEqual([]);
  });

  it('that crashes after a minute is reverted on all hosts', async () => {
    const { sample } = served;
    const entry = sample.changedEntry('setTimeout(() => process.exit(1), 60_000).unref();');
    const release = await sample.build({}, { entry });
    const failures = await expectRevert('crashes later', release, onAll);
    const lost = failures.filter(({ status }) => status === 502);
    // A process that exits takes the requests along that it has not answered.
    expect(lost.length).toBeLessThan(20);
    // Those that wait for the new process reach Nginx's limit per address, which is that of the balancer.
    expect(failures.filter(({ status }) => status !== 502 && status !== 429)).toEqual([]);
  });
});
