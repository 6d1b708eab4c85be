import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { DeployError } from '../deploy-error.ts';
import type { Gate, ReleaseManifest } from '../release/release-manifest.ts';
import { requestLocal } from './local-request.ts';
import { matchesExpected } from './matches-expected.ts';
import { runProgram } from './run-program.ts';
import { unitsOf } from './units.ts';

const POLL_MS = 200;

/** State of a service, as systemd reports it. */
interface ServiceState {
  readonly name: string;
  readonly active: string;
  readonly sub: string;
  readonly mainPid: string;
  readonly restarts: number;
}

/**
 * Waits until every check of a release is answered as expected through Nginx, by services that don't restart between the checks.
 *
 * @throws DeployError `ERR_DEPLOY_GATE_FAILED` naming the check, the answer, and the state of the services.
 */
export async function passGate({ gate, ...manifest }: ReleaseManifest): Promise<void> {
  const { services } = unitsOf({ gate, ...manifest });
  const deadline = performance.now() + gate.timeoutMs;
  let problem: string | undefined = 'no check was made';
  for (;;) {
    const before = await readServices(services);
    const crashed = before.find(hasCrashed);
    if (crashed !== undefined) {
      throw failed(`${crashed.name} ended ${crashed.restarts + 1} times; last check: ${problem}`);
    }
    problem = await findProblem(gate);
    if (problem === undefined) {
      const after = await readServices(services);
      const unsteady = after.find(
        ({ name, mainPid, active }) =>
          active !== 'active' || before.find((each) => each.name === name)?.mainPid !== mainPid,
      );
      if (unsteady === undefined) return;
      problem = `${unsteady.name} restarted, and is ${unsteady.active}`;
    }
    if (performance.now() > deadline) throw failed(`${problem} after ${gate.timeoutMs} ms`);
    await sleep(POLL_MS);
  }
}

/** Checks whether a service has ended twice: once may be a failure that passes, such as of a network. */
function hasCrashed({ active, sub, restarts }: ServiceState): boolean {
  return active === 'failed' || restarts >= 2 || (restarts === 1 && sub === 'auto-restart');
}

/** Makes the checks in order; returns the first problem. */
async function findProblem({ origin, checks, keyFile }: Gate): Promise<string | undefined> {
  const key = keyFile === undefined ? undefined : (await readFile(keyFile, 'utf8')).trim();
  for (const { path, body, expected } of checks) {
    const answer = await requestLocal(origin, { path, body, key });
    if ('problem' in answer) return `${path}: ${answer.problem}`;
    const shown = answer.text.slice(0, 200);
    if (answer.status !== 200) return `${path}: status ${answer.status}: ${shown}`;
    if (expected === undefined) continue;
    let json: unknown;
    try {
      json = JSON.parse(answer.text);
    } catch {
      return `${path}: the answer is not JSON: ${shown}`;
    }
    if (!matchesExpected(json, expected)) {
      return `${path}: the answer is ${shown}, expected ${JSON.stringify(expected).slice(0, 200)}`;
    }
  }
  return undefined;
}

async function readServices(services: readonly string[]): Promise<readonly ServiceState[]> {
  return Promise.all(
    services.map(async (name) => {
      const { stdout } = await runProgram('systemctl', [
        ...['show', name, '--property=ActiveState,SubState,MainPID,NRestarts'],
      ]);
      const values = new Map(stdout.split('\n').map((line) => line.split('=') as [string, string]));
      return {
        name,
        active: values.get('ActiveState') ?? 'unknown',
        sub: values.get('SubState') ?? 'unknown',
        mainPid: values.get('MainPID') ?? '0',
        restarts: Number(values.get('NRestarts') ?? 0),
      };
    }),
  );
}

function failed(reason: string): DeployError {
  return new DeployError('ERR_DEPLOY_GATE_FAILED', `The release failed its gate: ${reason}.`);
}
