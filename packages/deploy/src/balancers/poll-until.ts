import { setTimeout as sleep } from 'node:timers/promises';

import { DeployError } from '../deploy-error.ts';

/** Options of {@link pollUntil}. */
export interface PollOptions {
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Waits until `read` returns true.
 *
 * @param state describes what was found last, for the message after the time
 * @throws DeployError `ERR_DEPLOY_BALANCER` after `timeoutMs`; the reason of `signal`
 */
export async function pollUntil(
  read: () => Promise<boolean>,
  state: () => string,
  { pollMs, timeoutMs, signal }: PollOptions,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await read())) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) {
      throw new DeployError('ERR_DEPLOY_BALANCER', `${state()} after ${timeoutMs} ms.`);
    }
    await sleep(pollMs, undefined, signal ? { signal } : {});
  }
}
