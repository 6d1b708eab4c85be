import * as z from 'zod';

import type { Difference } from '../agent/difference.ts';
import type { Carrier } from '../carriers/carrier.ts';
import { runCurrentAgent } from './current-agent.ts';
import { readHostStatus } from './host-status.ts';
import { hostProblem } from './run-on-host.ts';

const schema = z.object({
  differences: z.array(z.object({ subject: z.string(), found: z.string(), expected: z.string() })),
});

/** Differences between a host and a release. */
export interface HostPlan {
  /** The release; `undefined` on a host without one. */
  readonly digest: string | undefined;
  readonly differences: readonly Difference[];
}

/**
 * Compares a host with the release that runs there, or with a prepared one: files, links, modes, accounts and units, hand edits
 * included. Changes nothing.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the host can't be reached, or the release isn't prepared there
 *
 * @example
 * ```ts
 * import { planHost } from '@fairlead/deploy';
 * import { sshCarrier } from '@fairlead/deploy/ssh';
 *
 * const carrier = await sshCarrier({ url: 'ssh://admin@127.0.0.1:1' });
 * const problem = await planHost(carrier).catch((error) => error.code);
 * await carrier.close();
 * console.log(problem); // ERR_DEPLOY_HOST
 * ```
 */
export async function planHost(carrier: Carrier, release?: string): Promise<HostPlan> {
  const digest = release ?? (await readHostStatus(carrier)).current;
  if (digest === undefined) return { digest, differences: [] };
  const result = await runCurrentAgent(carrier, ['plan', digest]);
  if (result === undefined) {
    const found = { subject: '/opt/fairlead/current', found: 'missing', expected: digest };
    return { digest, differences: [found] };
  }
  const { success, data } = schema.safeParse(result);
  if (!success) throw hostProblem(carrier, 'its agent has no plan');
  return { digest, differences: data.differences };
}
