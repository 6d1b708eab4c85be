import { rollBack, rollOut, type Rollout } from '@fairlead/deploy';
import { canBootFleet } from '@fairlead/fleet';
import { expect, it } from 'vitest';
import { RATE, SampleFleet, show } from './support/sample-fleet.ts';

const UPDATES = 10;
const REQUESTS = 50_000;
const HOUR_MS = 3_600_000;

it.skipIf(!canBootFleet())(
  `${UPDATES} rolling updates of the whole sample and a rollback fail none of ${REQUESTS} predictions by both runtimes`,
  async () => {
    await using served = await SampleFleet.start();
    const { sample, targets } = served;
    const releases = [
      await sample.build({}, { entry: sample.changedEntry() }),
      await sample.build(),
    ];
    const update = async (round: number): Promise<Rollout> => {
      const release = releases[round % 2]?.path ?? '';
      const result = await rollOut({ ...targets, release, watchMs: 0 });
      expect(result.message).toBeUndefined();
      expect(result.outcome).toBe('activated');
      return result;
    };
    for (const round of [0, 1]) await update(round);
    await served.untilAllServe();
    expect(sample.checks).toHaveLength(4);
    const steadyLoad = await served.startLoad();
    await steadyLoad.untilSent(20 * RATE);
    const steady = await steadyLoad.stop();

    const load = await served.startLoad();
    const times: number[] = [];
    for (let round = 0; round < UPDATES; round += 1) {
      const begin = performance.now();
      await update(round);
      times.push(Math.round((performance.now() - begin) / 1_000));
    }
    const begin = performance.now();
    expect(await rollBack(targets)).toMatchObject({ outcome: 'activated' });
    const rollbackMs = Math.round(performance.now() - begin);
    await load.untilSent(REQUESTS);
    const updated = await load.stop();
    console.log(
      [
        `steady: ${show(steady)}`,
        `${UPDATES} updates: ${show(updated)}`,
        `updates of ${targets.hosts.length} hosts took ${times.join(', ')} s; the rollback ${rollbackMs} ms`,
      ].join('\n'),
    );
    expect(updated.failures).toEqual([]);
    expect(Object.keys(updated.byHost)).toHaveLength(targets.hosts.length);
  },
  HOUR_MS,
);
