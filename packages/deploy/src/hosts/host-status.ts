import * as z from 'zod';

import type { HostStatus } from '../agent/status.ts';
import type { Carrier } from '../carriers/carrier.ts';
import { runCurrentAgent } from './current-agent.ts';
import { hostProblem } from './run-on-host.ts';

/** Returns the release that runs on a host; `undefined` if `current` leads to one that was prepared only, as before a first activation. */
export function activatedRelease({ current, history, pending }: HostStatus): string | undefined {
  if (current === undefined) return undefined;
  return history.includes(current) || pending === current ? current : undefined;
}

/** Returns whether a release runs on a host, and its activation has ended. */
export function isActive({ current, pending }: HostStatus, digest: string): boolean {
  return current === digest && pending === undefined;
}

const schema = z.object({
  current: z.string().optional(),
  history: z.array(z.string()),
  pending: z.string().optional(),
  // Agents of older releases don't report it.
  isRollback: z.boolean().optional(),
  units: z.record(z.string(), z.string()),
});

/**
 * Reads the releases and the states of the units of a host; changes nothing. On a host without a release, everything is empty.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the host can't be reached
 *
 * @example
 * ```ts
 * import { readHostStatus } from '@fairlead/deploy';
 * import { sshCarrier } from '@fairlead/deploy/ssh';
 *
 * const carrier = await sshCarrier({ url: 'ssh://admin@127.0.0.1:1' });
 * const problem = await readHostStatus(carrier).catch((error) => error.code);
 * await carrier.close();
 * console.log(problem); // ERR_DEPLOY_HOST
 * ```
 */
export async function readHostStatus(carrier: Carrier): Promise<HostStatus> {
  const result = await runCurrentAgent(carrier, ['status']);
  if (result === undefined) {
    return { current: undefined, history: [], pending: undefined, units: {} };
  }
  const { success, data } = schema.safeParse(result);
  if (!success) throw hostProblem(carrier, 'its agent has no status');
  return { ...data, current: data.current, pending: data.pending };
}
