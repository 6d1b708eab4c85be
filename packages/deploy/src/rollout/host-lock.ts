import * as z from 'zod';

import type { Carrier } from '../carriers/carrier.ts';
import { DeployError } from '../deploy-error.ts';
import { describeFailure, hostProblem, runOnHost } from '../hosts/run-on-host.ts';
import { hasEnded, lockProcessSchema, type LockProcess } from './lock-process.ts';

/** Time without renewal after which a lock counts as left behind, in seconds. */
export const EXPIRY_SECONDS = 180;
const LOCK_FILE = '/var/lib/fairlead-deploy/rollout.json';
const TAKEN = 75;
const LOST = 76;

/** Owner and begin of a deployment: the content of a lock. */
export interface LockOwner {
  /** Unique to the deployment. */
  readonly id: string;
  /** Account and machine, such as `alice@laptop`. */
  readonly owner: string;
  /** Begin of the deployment, ISO 8601 in UTC. */
  readonly since: string;
  /** Process of the deployment, for the next one from the same machine; absent where processes can't be identified. */
  readonly process?: LockProcess | undefined;
}

const schema = z.object({
  id: z.string(),
  owner: z.string(),
  since: z.string(),
  process: lockProcessSchema.optional(),
});

/** Each script has the lock to itself while it reads and writes: `flock` on a file beside it. */
const PREAMBLE = `set -eu
umask 077
folder=/var/lib/fairlead-deploy
mkdir -p "$folder"
lock=${LOCK_FILE}
exec 9>"$folder/rollout.guard"
flock 9
`;

/**
 * Arguments: content, expiry in seconds, content of a lock that was left behind. Writes the content of another lock and its age when that isn't
 * left behind.
 */
const ACQUIRE = `${PREAMBLE}
if [ -e "$lock" ] && { [ -z "$3" ] || [ "$(cat "$lock")" != "$3" ]; }; then
  age=$(( $(date +%s) - $(stat -c %Y "$lock") ))
  if [ "$age" -lt "$2" ]; then
    cat "$lock"
    echo
    echo "$age"
    exit ${TAKEN}
  fi
fi
printf '%s' "$1" >"$lock.new"
mv "$lock.new" "$lock"
`;

/** Argument: content. */
const RENEW = `${PREAMBLE}
[ -e "$lock" ] && [ "$(cat "$lock")" = "$1" ] || exit ${LOST}
touch "$lock"
`;

const RELEASE = `${PREAMBLE}
if [ -e "$lock" ] && [ "$(cat "$lock")" = "$1" ]; then rm "$lock"; fi
`;

/**
 * Takes the lock of a host: one deployment at a time changes it, from any machine. A lock that a killed process of this machine left is
 * replaced at once, another one after its expiry.
 *
 * @throws DeployError `ERR_DEPLOY_LOCKED` naming the owner and the age, `ERR_DEPLOY_HOST`
 */
export async function acquireLock(carrier: Carrier, owner: LockOwner): Promise<void> {
  let leftBehind = '';
  for (;;) {
    const args = [JSON.stringify(owner), String(EXPIRY_SECONDS), leftBehind];
    const result = await carrier.run(['sh', '-c', ACQUIRE, 'sh', ...args]);
    if (result.code === 0) return;
    if (result.code !== TAKEN) throw hostProblem(carrier, describeFailure(result), result);
    const [content = '', age = ''] = result.stdout.trimEnd().split('\n');
    const found = parse(content);
    if (!hasEnded(found?.process) || content === leftBehind) throw locked(carrier, found, age);
    leftBehind = content;
  }
}

/**
 * Renews the lock of a host.
 *
 * @throws DeployError `ERR_DEPLOY_LOCKED` when another deployment took it, `ERR_DEPLOY_HOST`
 */
export async function renewLock(carrier: Carrier, owner: LockOwner): Promise<void> {
  const result = await carrier.run(['sh', '-c', RENEW, 'sh', JSON.stringify(owner)]);
  if (result.code === 0) return;
  if (result.code !== LOST) throw hostProblem(carrier, describeFailure(result), result);
  throw new DeployError(
    'ERR_DEPLOY_LOCKED',
    `The host ${carrier.host}: another deployment has taken the lock, because this one was suspended for more than ${EXPIRY_SECONDS} s.`,
  );
}

/** Frees the lock of a host, unless another deployment has it. */
export async function releaseLock(carrier: Carrier, owner: LockOwner): Promise<void> {
  await runOnHost(carrier, ['sh', '-c', RELEASE, 'sh', JSON.stringify(owner)]);
}

function locked({ host }: Carrier, found: LockOwner | undefined, age: string): DeployError {
  const who = found === undefined ? 'another deployment' : `${found.owner} since ${found.since}`;
  return new DeployError(
    'ERR_DEPLOY_LOCKED',
    `The host ${host} is locked by ${who}, renewed ${age} s ago. Wait for that deployment. If it was killed, its lock expires ${EXPIRY_SECONDS} s after the last renewal; to deploy before, remove ${LOCK_FILE} on the host.`,
  );
}

function parse(content: string): LockOwner | undefined {
  try {
    return schema.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined;
  }
}
