import { setTimeout as sleep } from 'node:timers/promises';

import type { Carrier, CarrierResult, CarrierRunOptions } from '../carriers/carrier.ts';

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
