import type { RolloutPlanInput } from '@fairlead/rollout';
import { slowness, until } from '@fairlead/test-support';
import { describe, expect, test } from 'vitest';
import { startVersionsUpstream, type UpstreamBehavior } from '../support/versions-upstream.ts';
import { startFleet, startLoad } from './start-fleet.ts';

const DELAY_MS = 200;

/** Ways in which a candidate begins to fail, with the reason that the history of the rollout gives. */
const faults: readonly [
  name: string,
  begin: (candidate: UpstreamBehavior) => void,
  reason: RegExp,
  guardrails?: RolloutPlanInput['guardrails'],
][] = [
  [
    'crashes',
    (candidate) => (candidate.isCrashed = true),
    /^(\d+ of \d+ requests of the candidate failed within 10 seconds|the last \d+ requests of the candidate failed) \(\S+\)$/,
  ],
  [
    'answers a golden example in another way, and no request of a client',
    (candidate) => (candidate.negativeError = 0.5),
    /^golden example 1 differs: output "y" is -0\.5 at element 0, expected -1 within 0\.0001 \(\S+\)$/,
  ],
  [
    'takes three times as long',
    (candidate) => (candidate.delayMs = 3 * DELAY_MS),
    /^slow requests: (at \w+ )?\d+\.\d\d times the rate of the baseline.*, with \d+ of the candidate and \d+ of the baseline$/,
  ],
  [
    'predicts larger numbers',
    (candidate) => (candidate.largeError = 8),
    /^scores (?:11 to 15|from 15|from 19|15 to 19): (at \w+ )?\d+\.\d\d times the rate of the baseline.*, with \d+ of the candidate and \d+ of the baseline$/,
    { labels: { edges: [3, 7, 11, 15, 19] } },
  ],
  [
    'predicts other labels',
    (candidate) => (candidate.threshold = 9),
    /^label "[01]": (at \w+ )?\d+\.\d\d times the rate of the baseline.*, with \d+ of the candidate and \d+ of the baseline$/,
  ],
];

describe('a candidate under load in three gateways', () => {
  test.for(faults)(
    'that %s in the middle of step 2 is taken out by the guardrail meant for it, and no request is lost',
    async ([, begin, reason, guardrails = { labels: {} }], { annotate }) => {
      const upstream = await startVersionsUpstream();
      for (const name of ['first', 'second']) upstream.of(name).delayMs = DELAY_MS;
      const {
        fleet,
        log,
        ended,
        begin: start,
        registry,
      } = await startFleet({
        gateways: 3,
        baseline: upstream.version('first'),
        candidate: upstream.version('second'),
        variables: { FAIRLEAD_FLASK_ADDRESS: upstream.address },
      });
      const bodyOf = (user: number) => ({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [user % 10] }],
      });
      // Each request is of another user: a pause of the machine in which all are slow must not hide what comes after it.
      const load = startLoad(fleet, 50, bodyOf, 1_000_000);
      await start({
        steps: [
          { share: 0.2, minMinutes: 0.02, minRequests: 20 },
          { share: 0.5, minMinutes: 60 },
          { share: 0.9 },
        ],
        guardrails: { slow: { overMs: 2 * DELAY_MS }, ...guardrails },
      });
      await until(async () => (await log.latest())?.step === 1);
      const before = load.responses.length;
      await until(
        () => load.responses.slice(before).filter(({ version }) => version === '2').length > 30,
      );
      expect((await log.latest())?.status).toBe('running');
      begin(upstream.of('second'));
      const begunAt = performance.now();
      const state = await ended();
      const foundMs = performance.now() - begunAt;
      expect(state).toMatchObject({ result: 'rolled back', step: 1 });
      expect(state.entries.at(-1)?.reason).toMatch(reason);
      // Every gateway follows.
      await until(() => load.responses.slice(-100).every(({ version }) => version === '1'));
      const lastMs = (load.responses.findLast(({ version }) => version === '2')?.at ?? 0) - begunAt;
      await load.stop();
      expect(load.failures).toEqual([]);
      expect(load.responses).toHaveLength(load.sent);
      expect(load.responses.filter(({ status }) => status !== 200)).toEqual([]);
      await annotate(
        `found after ${foundMs.toFixed(0)} ms, last answer of the candidate after ${lastMs.toFixed(0)} ms, ${load.sent} requests: ${state.entries.at(-1)?.reason}`,
      );
      expect(foundMs).toBeLessThan(20_000 * slowness());
      expect((await registry.resolve('affine', 'champion')).version).toBe(1);
    },
  );

  test('that answers a golden example in another way when it is loaded gets no request', async () => {
    const upstream = await startVersionsUpstream();
    upstream.of('second').negativeError = 0.5;
    const { fleet, ended, begin } = await startFleet({
      baseline: upstream.version('first'),
      candidate: upstream.version('second'),
      variables: { FAIRLEAD_FLASK_ADDRESS: upstream.address },
    });
    await begin({ steps: [{ share: 0.5 }] });
    const state = await ended();
    expect(state.result).toBe('rolled back');
    expect(state.entries.at(-1)?.reason).toMatch(
      /^the candidate was not loaded: model "affine" version 2: golden example 1: output "y" is -0\.5 at element 0, expected -1 within 0\.0001 \(\S+\)$/,
    );
    const { body: metrics } = (await fleet[0]?.call('/metrics')) ?? {};
    expect(metrics).toContain('fairlead_rollout_hard_failures_total{model="affine"} 1\n');
    const { body } = (await fleet[0]?.call('/v2/models/affine')) ?? {};
    expect(body).toContain('"versions":["1"]');
  });
});
