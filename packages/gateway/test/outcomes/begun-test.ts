import { CountsReader, judgeState, type RolloutPlanInput } from '@fairlead/rollout';
import { until } from '@fairlead/test-support';
import { body, startFleet } from '../rollouts/start-fleet.ts';
import type { StartedGateway } from '../support/start-gateway.ts';

/** An A/B test of conversions that lasts for seconds. */
export const conversionPlan: Partial<RolloutPlanInput> = {
  kind: 'experiment',
  steps: [
    { share: 0.3, minMinutes: 0.01, minRequests: 10 },
    { share: 0.5, minMinutes: 0.01, minRequests: 10 },
  ],
  outcomes: { users: 1000, metrics: [{ name: 'conversion' }] },
  // Some hundred users without a failure show less than 10 %.
  guardrails: { failures: { tolerated: 0.1 } },
};

/** Gateways that have begun an A/B test, and what their users do. */
export async function begunTest(gateways: number, steps = conversionPlan.steps) {
  const started = await startFleet({ gateways });
  const { store, log, begin } = started;
  const fleet = [...started.fleet];
  await begin({ ...conversionPlan, steps });
  let calls = 0;
  const next = (): StartedGateway => {
    const gateway = fleet[(calls += 1) % fleet.length];
    if (gateway === undefined) throw new Error('no gateway');
    return gateway;
  };
  const infer = (gateway: StartedGateway, user: string) =>
    gateway.call('/v2/models/affine/infer', { body, headers: { 'x-user-id': user } });
  // Keys of other users than those that are counted.
  for (const gateway of fleet) {
    await until(async () => {
      const { headers } = await infer(gateway, 'user-before');
      return headers['fairlead-variant'];
    });
  }
  const post = async (gateway: StartedGateway, given: unknown) => {
    const answer = await gateway.call('/v2/outcomes', { body: given });
    return { status: answer.status, body: JSON.parse(answer.body) as object };
  };
  const verdict = async () => {
    const state = await log.latest();
    if (state === undefined) throw new Error('no rollout');
    const reader = new CountsReader(store, state, (error) => {
      throw error;
    });
    const now = Date.now();
    return judgeState(state, await reader.read(now), now);
  };
  return {
    ...started,
    ...{ fleet, post, verdict },
    /** Ends the test, and waits until the gateways know it. */
    stop: async (): Promise<void> => {
      await log.change({ type: 'ended', result: 'aborted', actor: 'ada', reason: 'enough' });
      for (const gateway of fleet) {
        await until(async () => {
          const { headers } = await infer(gateway, 'user-before');
          return headers['fairlead-variant'] === undefined;
        });
      }
    },
    /** Sends a request of a user to the next gateway; returns the version that answered. */
    send: async (user: number): Promise<'1' | '2'> => {
      const { headers } = await infer(next(), `user-${user}`);
      return headers['fairlead-version'] === '2' ? '2' : '1';
    },
    /** Sends a conversion of a share of the users to the next gateway, and of every third one again to another one. */
    convert: async (user: number, share: number): Promise<void> => {
      if ((Math.imul(user, 2_654_435_761) >>> 0) / 2 ** 32 >= share) return;
      const row = { model: 'affine', key: `user-${user}`, metric: 'conversion', value: 1 };
      for (let delivery = 0; delivery < (user % 3 === 0 ? 2 : 1); delivery += 1) {
        await post(next(), { outcomes: [row] });
      }
    },
    /** Waits until so many users with an outcome are stored, and returns how many there are then. */
    reported: (users: number): Promise<number> =>
      until(async () => {
        const [conversion] = (await verdict()).outcomes ?? [];
        const { candidate = 0, baseline = 0 } = conversion?.reported ?? {};
        return candidate + baseline >= users ? candidate + baseline : undefined;
      }),
    /** Waits until so many users are stored besides that of the preparation; users who change their variant in the ramp are among them. */
    flushed: async (users: number): Promise<void> => {
      await until(async () => {
        const { sampleRatio } = await verdict();
        const found = sampleRatio.steps.reduce(
          (sum, { candidate, baseline }) => sum + candidate + baseline,
          0,
        );
        return found >= users + 1;
      });
    },
  };
}
