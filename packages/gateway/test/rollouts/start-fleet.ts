import { folderStore, ModelRegistry } from '@fairlead/registry';
import { readPlan, RolloutLog, type RolloutPlanInput, type RolloutState } from '@fairlead/rollout';
import { httpCall, SteadyLoad, temporaryFolder, until } from '@fairlead/test-support';
import { Agent } from 'node:http';
import { onTestFinished } from 'vitest';
import { onnxVersion } from '../support/sample-registry.ts';
import { startGateway, type StartedGateway } from '../support/start-gateway.ts';

export const by = { actor: 'test' };
/** Body of the requests: y is [3, 5] by version 1, and [103, 105] by version 2. */
export const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };

/** Response of a gateway to a request of a user. */
export interface Answer {
  readonly user: number;
  /** Its place in the fleet. */
  readonly gateway: number;
  readonly status: number;
  readonly version: string;
  readonly variant: string | undefined;
  readonly fallback: string | undefined;
  readonly body: string;
  readonly at: number;
}

/** A registry with version 1 as the champion and version 2, and gateways of it under load. */
export async function startFleet({
  gateways = 1,
  baseline = onnxVersion('affine', 'affine'),
  candidate = onnxVersion('affine', 'affine-next'),
  variables = {},
}: {
  readonly gateways?: number;
  readonly baseline?: Parameters<ModelRegistry['push']>[0];
  readonly candidate?: Parameters<ModelRegistry['push']>[0];
  readonly variables?: Readonly<Record<string, string>>;
} = {}) {
  const folder = temporaryFolder();
  const store = folderStore(folder);
  const registry = new ModelRegistry({ store });
  await registry.push(baseline);
  await registry.push(candidate);
  await registry.setAlias('affine', 'champion', 1, by);
  const start = () =>
    startGateway({
      FAIRLEAD_REGISTRY: folder,
      FAIRLEAD_ROUTING_KEY_HEADER: 'x-user-id',
      // At each interval every gateway stores counts, and reads those of all.
      FAIRLEAD_ROLLOUT_JUDGE_INTERVAL_MS: '600',
      FAIRLEAD_POLL_INTERVAL_MS: '100',
      ...variables,
    });
  const fleet = await Promise.all(Array.from({ length: gateways }, start));
  const log = new RolloutLog({ objects: store, model: 'affine' });
  const begin = (plan: Partial<RolloutPlanInput> = {}): Promise<RolloutState> =>
    log.start(readPlan({ baseline: '1', candidate: '2', ...plan }), { ...by, reason: 'a test' });
  const ended = () =>
    until(async () => {
      const state = await log.latest();
      return state?.status === 'ended' ? state : undefined;
    });
  return { registry, store, log, fleet, start, begin, ended };
}

/** Sends requests of a thousand users, or of another number, to gateways in turn, and notes the responses. */
export function startLoad(
  fleet: readonly StartedGateway[],
  perSecond: number,
  bodyOf: (user: number) => unknown = () => body,
  users = 1000,
) {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  onTestFinished(() => {
    agent.destroy();
  });
  let sent = 0;
  return new SteadyLoad<Answer>(perSecond, async () => {
    const user = (sent += 1) % users;
    const gateway = sent % fleet.length;
    const { address } = fleet[gateway] ?? { address: { port: 0 } };
    const headers = { 'x-user-id': `user-${user}` };
    const response = await httpCall(address, '/v2/models/affine/infer', {
      ...{ body: bodyOf(user), headers, agent },
    });
    const named = (name: string) => response.headers[`fairlead-${name}`] as string | undefined;
    return {
      ...{ user, gateway, status: response.status, version: named('version') ?? '' },
      ...{ variant: named('variant'), fallback: named('fallback') },
      ...{ body: response.body, at: performance.now() },
    };
  });
}
