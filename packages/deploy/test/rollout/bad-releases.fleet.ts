import { canBootFleet, startLoad } from '@fairlead/fleet';
import { expect, it } from 'vitest';

import { rollOut, type BuiltRelease, type Rollout } from '../../src/index.ts';
import { startServedFleet, untilAllServe } from '../support/served-fleet.ts';
import { buildService, type ServiceOptions } from '../support/service-release.ts';

const HOUR_MS = 3_600_000;
/** Services that are broken in another way each, and how the hosts end. */
const broken: readonly (readonly [string, Omit<ServiceOptions, 'version'>, readonly string[]])[] = [
  [
    'can not start',
    { before: "throw new Error('broken');" },
    ['reverted', 'untouched', 'untouched'],
  ],
  ['answers wrongly', { outputs: '0.5' }, ['reverted', 'untouched', 'untouched']],
  [
    'loads no model',
    {
      before: `import { readFileSync } from 'node:fs';
readFileSync('/var/lib/fairlead/missing.onnx');`,
    },
    ['reverted', 'untouched', 'untouched'],
  ],
  [
    // When all hosts have it: under a constant load, each process ends at about the same age.
    'crashes later',
    { before: 'setTimeout(() => process.exit(1), 60_000).unref();' },
    ['reverted', 'reverted', 'reverted'],
  ],
];

/** Times of the steps of one update, from its events. */
interface Timeline {
  readonly result: Rollout;
  /** Milliseconds from the first restart with the bad release to the decision to revert. */
  readonly detectedMs: number;
  /** Milliseconds from that decision to the last host that serves again. */
  readonly revertedMs: number;
}

it.skipIf(!canBootFleet())(
  'releases that are bad in four ways are detected and reverted',
  async () => {
    await using served = await startServedFleet(3);
    const { hosts, balancer, haproxy } = served;
    const good = await buildService({ version: 1 });
    const bad = await Promise.all(
      broken.map(([, service]) => buildService({ version: 3, ...service })),
    );
    const first = await rollOut({ hosts, balancer, release: good.path, watchMs: 0 });
    expect(first).toMatchObject({ outcome: 'activated' });
    await untilAllServe(served);

    const update = async ({ path }: BuiltRelease): Promise<Timeline> => {
      const events: { readonly name: string; readonly at: number }[] = [];
      const result = await rollOut({
        ...{ hosts, balancer, release: path },
        onEvent: (event) => {
          const name =
            event.type === 'step' ? event.step : event.type === 'phase' ? event.phase : '';
          events.push({ name, at: performance.now() });
        },
      });
      const at = (name: string): number =>
        events.find((event) => event.name === name)?.at ?? Number.NaN;
      const revert = at('revert');
      const end = events.at(-1)?.at ?? Number.NaN;
      return { result, detectedMs: revert - at('restart'), revertedMs: end - revert };
    };

    const figures: string[] = [];
    for (const [index, [name, , outcomes]] of broken.entries()) {
      const load = await startLoad(served.fleet, {
        ...{ url: haproxy.url, rate: 100 },
        requests: [{ path: '/v2/models/m/infer', body: {}, expected: {} }],
      });
      const { result, detectedMs, revertedMs } = await update(bad[index] ?? good);
      await untilAllServe(served);
      const { sent, failed, failures } = await load.stop();
      figures.push(
        `${name}: detected after ${Math.round(detectedMs)} ms, reverted after ${Math.round(revertedMs)} ms; ${sent} sent, ${failed} failed`,
      );
      process.stdout.write(`${figures.at(-1) ?? ''}\n`);
      expect(result.outcome, result.message).toBe('reverted');
      expect(result.hosts.map(({ outcome }) => outcome)).toEqual(outcomes);
      expect(result.hosts.map(({ digest }) => digest)).toEqual(hosts.map(() => good.digest));
      // A process that exits in the middle of a request takes it along.
      if (name !== 'crashes later') expect(failures).toEqual([]);
    }
  },
  HOUR_MS,
);
