import { setTimeout as sleep } from 'node:timers/promises';

import type { DeployError } from '../deploy-error.ts';
import type { ReleaseManifest } from '../release/release-manifest.ts';
import { findProblem, waiting, type Problem } from './gate-checks.ts';
import { gateFailed } from './gate-failed.ts';
import { hasCrashed, readServices, type ServiceState } from './service-states.ts';
import { unitsOf } from './units.ts';

const POLL_MS = 200;
/** Wrong answers in a row after which a release is given no more time. */
const MAX_WRONG_ANSWERS = 5;

/** Time that a model may fail to load for one reason, in milliseconds: a network may recover, a damaged file doesn't. */
const MAX_LOAD_FAILURE_MS = 7_000;

/**
 * Waits until every check of a release is answered as expected through Nginx, by services that don't restart between the checks.
 *
 * @throws DeployError `ERR_DEPLOY_GATE_FAILED` naming the check, the answer, and the state of the services.
 */
export async function passGate({ gate, ...manifest }: ReleaseManifest): Promise<void> {
  const { services } = unitsOf({ gate, ...manifest });
  const deadline = performance.now() + gate.timeoutMs;
  let last = 'none was answered';
  let wrongAnswers = 0;
  let loadFailure: { readonly reason: string; readonly since: number } | undefined;
  for (;;) {
    const before = await readServices(services);
    const crashed = before.find(hasCrashed);
    if (crashed !== undefined) throw crashFailure(crashed, last);
    const checked = await whileRunning(services, findProblem(gate), last);
    const problem = checked ?? findUnsteady(before, await readServices(services));
    if (problem === undefined) return;
    last = problem.reason;
    wrongAnswers = problem.isWrongAnswer ? wrongAnswers + 1 : 0;
    if (wrongAnswers >= MAX_WRONG_ANSWERS) throw gateFailed(last);
    if (problem.loadFailure === undefined) loadFailure = undefined;
    else if (problem.loadFailure !== loadFailure?.reason) {
      loadFailure = { reason: problem.loadFailure, since: performance.now() };
    } else if (performance.now() - loadFailure.since > MAX_LOAD_FAILURE_MS) throw gateFailed(last);
    if (performance.now() > deadline) throw gateFailed(`${last}, after ${gate.timeoutMs} ms`);
    await sleep(POLL_MS);
  }
}

/**
 * Resolves to the result of the checks.
 *
 * @throws DeployError `ERR_DEPLOY_GATE_FAILED` as soon as a service has crashed: a request waits in its socket until Nginx times out
 */
async function whileRunning<T>(
  services: readonly string[],
  checks: Promise<T>,
  last: string,
): Promise<T> {
  let isDone = false;
  const done = checks.finally(() => {
    isDone = true;
  });
  const watch = async (): Promise<T> => {
    while (!isDone) {
      await sleep(POLL_MS);
      const crashed = (await readServices(services)).find(hasCrashed);
      if (crashed !== undefined) throw crashFailure(crashed, last);
    }
    return done;
  };
  return Promise.race([done, watch()]);
}

function crashFailure({ name, restarts }: ServiceState, last: string): DeployError {
  return gateFailed(`${name} ended ${restarts + 1} times; last check: ${last}`);
}

/** Failure of a release that passed its gate before. */
export interface Failure {
  readonly reason: string;
  /** `true` for a service that ended: another look doesn't change it. */
  readonly isFinal: boolean;
}

/** Finds the reason why a release that was activated isn't healthy now: a service that ended since, or a check. */
export async function findFailure({
  gate,
  ...manifest
}: ReleaseManifest): Promise<Failure | undefined> {
  const services = await readServices(unitsOf({ gate, ...manifest }).services);
  const ended = services.find(
    ({ active, sub, restarts }) => active === 'failed' || sub === 'auto-restart' || restarts > 0,
  );
  if (ended !== undefined) {
    return { reason: `${ended.name} ended ${Math.max(ended.restarts, 1)} times`, isFinal: true };
  }
  const stopped = services.find(({ active }) => active !== 'active');
  if (stopped !== undefined) {
    return { reason: `${stopped.name} is ${stopped.active}`, isFinal: false };
  }
  const problem = await findProblem(gate);
  return problem && { reason: problem.reason, isFinal: false };
}

/** Finds a service that isn't the same process as before the checks. */
function findUnsteady(
  before: readonly ServiceState[],
  after: readonly ServiceState[],
): Problem | undefined {
  const pids = new Map(before.map(({ name, mainPid }) => [name, mainPid]));
  const unsteady = after.find(
    ({ name, active, mainPid }) => active !== 'active' || pids.get(name) !== mainPid,
  );
  return unsteady && waiting(`${unsteady.name} restarted, and is ${unsteady.active}`);
}
