import { setTimeout as sleep } from 'node:timers/promises';

import type { Carrier, CarrierResult, CarrierRunOptions } from '../carriers/carrier.ts';
import { describeFailure, hostProblem } from './run-on-host.ts';

/** Exit code of an agent while another one works. */
export const BUSY = 75;
/** Time for the agent of a killed deployment to finish: it works on by itself. */
const WAIT_MS = 120_000;
const PAUSE_MS = 500;

/** Runs the agent on a host; waits while another one works there. */
export async function runAgent(
  carrier: Carrier,
  argv: readonly [string, ...string[]],
  options: CarrierRunOptions = {},
  waitMs = WAIT_MS,
): Promise<CarrierResult> {
  const end = performance.now() + waitMs;
  for (;;) {
    const result = await carrier.run(argv, options);
    if (result.code !== BUSY || performance.now() >= end) return result;
    await sleep(PAUSE_MS);
  }
}

/** Succeeds once no agent works on the host; at once on a host that had none yet. */
const WAIT_SCRIPT = `lock=/var/lib/fairlead-deploy/lock
[ ! -e "$lock" ] || exec flock --timeout "$1" "$lock" true
`;

/**
 * Waits until the agent of a killed deployment has finished.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when it works for longer than two minutes
 */
export async function waitForAgent(carrier: Carrier): Promise<void> {
  const seconds = String(WAIT_MS / 1_000);
  const result = await carrier.run(['sh', '-c', WAIT_SCRIPT, 'sh', seconds]);
  if (result.code === 0) return;
  const isBusy = result.code === 1 && result.stderr === '';
  const reason = isBusy ? 'another deployment works there' : describeFailure(result);
  throw hostProblem(carrier, reason, result);
}
