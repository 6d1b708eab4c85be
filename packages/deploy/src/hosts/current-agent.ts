import * as z from 'zod';

import type { Carrier } from '../carriers/carrier.ts';
import { runAgent } from './run-agent.ts';
import { describeFailure, hostProblem } from './run-on-host.ts';

/** Exit code of the script on a host without a release. */
const NO_RELEASE = 78;

/** Runs the agent of the release that `current` leads to, with the Node of that release. */
const SCRIPT = `current=/opt/fairlead/current
[ -e "$current/agent/agent.mjs" ] || exit ${NO_RELEASE}
exec "$current/bin/node" "$current/agent/agent.mjs" "$@"
`;

const line = z.union([
  z.object({ result: z.unknown() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

/**
 * Runs the agent of the release that runs on a host; resolves to its result, or to `undefined` on a host without a release.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the host can't be reached, or with the message of the agent
 */
export async function runCurrentAgent(carrier: Carrier, args: readonly string[]): Promise<unknown> {
  const result = await runAgent(carrier, ['sh', '-c', SCRIPT, 'sh', ...args]);
  if (result.code === NO_RELEASE) return undefined;
  const last = parse(result.stdout.trim().split('\n').at(-1) ?? '');
  if (last !== undefined && 'result' in last) return last.result;
  if (last !== undefined) throw hostProblem(carrier, last.error.message);
  throw hostProblem(carrier, describeFailure(result), result);
}

function parse(text: string): z.output<typeof line> | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
