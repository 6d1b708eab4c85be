import { setTimeout as sleep } from 'node:timers/promises';

import { DeployError } from '../deploy-error.ts';
import { findFailure } from './gate.ts';
import type { HostPaths } from './host-paths.ts';
import { readLog } from './read-log.ts';
import { readManifest } from './read-manifest.ts';
import { currentDigest } from './switch-release.ts';

/** Checks in a row that fail a release; one may be lost on a busy host. */
const TRIES = 3;
const PAUSE_MS = 1_000;

/** Health of a release that was activated. */
export interface Health {
  readonly outcome: 'healthy' | 'failed';
  /** Release that runs. */
  readonly digest: string | undefined;
  readonly error?: DeployError;
  /** Last lines of the services' log, if it failed. */
  readonly log?: readonly string[];
}

/**
 * Checks whether a release that passed its gate still would: it is the one that runs, no service has ended since its activation, and
 * its checks are answered as expected. Changes nothing.
 *
 * @throws DeployError `ERR_DEPLOY_HOST` when the release isn't prepared.
 */
export async function checkHealth(paths: HostPaths, digest: string): Promise<Health> {
  const manifest = await readManifest(paths, digest);
  const current = await currentDigest(paths);
  if (current !== digest) {
    const found = current === undefined ? 'no release' : `the release ${current.slice(0, 12)}`;
    const message = `${found} runs there, not ${digest.slice(0, 12)}.`;
    return { outcome: 'failed', digest: current, error: failed(message) };
  }
  let reason: string | undefined;
  for (let tries = 0; tries < TRIES; tries += 1) {
    if (tries > 0) await sleep(PAUSE_MS);
    const failure = await findFailure(manifest);
    if (failure === undefined) return { outcome: 'healthy', digest };
    reason = failure.reason;
    if (failure.isFinal) break;
  }
  const error = failed(`The release failed after it was activated: ${String(reason)}.`);
  return { outcome: 'failed', digest, error, log: await readLog(manifest) };
}

function failed(message: string): DeployError {
  return new DeployError('ERR_DEPLOY_GATE_FAILED', message);
}
