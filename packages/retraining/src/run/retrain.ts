import { checkOptions } from '../check-options.ts';
import { AttemptSession, leaseUntil } from '../lease/attempt-session.ts';
import type { RetrainingDriver } from '../lease/process-driver.ts';
import type { AttemptEntry, AttemptRequest } from '../state/attempt-entry.ts';
import type { AttemptLog } from '../state/attempt-log.ts';
import type { AttemptState } from '../state/attempt-state.ts';
import type { RetrainingSteps } from './retraining-steps.ts';
import { runAttempt } from './run-attempt.ts';

/** Options of {@link startRetraining} and {@link continueRetraining}. */
export interface RetrainingOptions {
  readonly log: AttemptLog;
  /** Identity of this process, of `processDriver`. */
  readonly driver: RetrainingDriver;
  readonly steps: RetrainingSteps;
  /** Absolute path of a local folder, in which each attempt has one: the inputs, which are removed at its end, logs and outputs of the last five. */
  readonly folder: string;
  /** Person or service, for the entries. */
  readonly actor: string;
  /** The clock, in milliseconds since the epoch. @defaultValue the system's clock */
  readonly now?: (() => number) | undefined;
  /** Called with each entry that was added. */
  readonly onEntry?: ((entry: AttemptEntry, state: AttemptState) => void) | undefined;
  /** Ends the training that runs; the attempt can be continued. */
  readonly signal?: AbortSignal | undefined;
  /** Number of the last attempt that the decision to start one is based on, 0 without any. @defaultValue any */
  readonly after?: number | undefined;
}

/**
 * Starts an attempt to retrain a model, and works on it until it has ended, or the rollout of its candidate runs.
 *
 * @returns the state then: with `phase` `ended` and its `result`, or `rollout`
 * @throws RetrainingError `ERR_RETRAINING_CONFLICT` while another attempt hasn't ended, where one was made after `after`, or where another process took over or ended this one;
 * `ERR_RETRAINING_RUNNER_FAILED`; errors of the steps: the attempt can be continued
 *
 * @example
 * ```ts
 * import { writeFile } from 'node:fs/promises';
 * import { AttemptLog, processDriver, processRunner, readPolicy, startRetraining } from '@fairlead/retraining';
 *
 * const bodies = new Map<string, Uint8Array>(); // In place of `folderStore` or `s3Store` of @fairlead/registry.
 * const objects = {
 *   create: async (key: string, body: Uint8Array) => !bodies.has(key) && bodies.set(key, body) !== undefined,
 *   read: async (key: string) => bodies.get(key),
 *   list: async () => (bodies.size === 0 ? [] : [{ name: '0001', kind: 'folder' } as const]),
 * };
 * const steps = {
 *   async writeInputs({ folder }: { readonly folder: string }) {
 *     await writeFile(`${folder}/rows.csv`, 'age,label\n41,1\n');
 *     await writeFile(`${folder}/manifest.json`, '{}');
 *     return { rows: 1, since: 0, until: Date.now() };
 *   },
 *   runner: processRunner({ env: process.env }),
 *   push: async () => 4,
 *   failedGates: async () => [],
 *   startRollout: async () => 1,
 *   readRollout: async () => ({ reason: 'it runs' }),
 * };
 * const policy = readPolicy({
 *   dataset: { minRows: 1, formats: ['csv'] },
 *   training: { command: ['sh', '-c', 'cp "$FAIRLEAD_TRAINING_ROWS" "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"'] },
 * });
 * const log = new AttemptLog({ objects, model: 'churn' });
 * const options = { log, driver: processDriver(), steps, folder: process.cwd(), actor: 'timer' };
 * const state = await startRetraining(options, { trigger: 'manual', policy, parent: 3 }, 'new features');
 * console.log(state.phase, state.version); // rollout 4
 * ```
 */
export async function startRetraining(
  options: RetrainingOptions,
  request: AttemptRequest,
  reason: string,
): Promise<AttemptState> {
  const { log, driver, actor, now = Date.now, after } = check('startRetraining', options);
  const lease = { driver: driver.id, until: leaseUntil(now()) };
  const state = await log.start(request, lease, { actor, reason }, after);
  return work(options, state, state.entries[0]);
}

/**
 * Continues an attempt whose process was killed, or whose rollout has ended, like {@link startRetraining}: what was done is not done again.
 *
 * @throws RetrainingError `ERR_RETRAINING_CONFLICT` while another process works on it
 *
 * @example
 * ```ts
 * import { AttemptLog, continueRetraining, processDriver, processRunner, readPolicy } from '@fairlead/retraining';
 *
 * const bodies = new Map<string, Uint8Array>();
 * const objects = {
 *   create: async (key: string, body: Uint8Array) => !bodies.has(key) && bodies.set(key, body) !== undefined,
 *   read: async (key: string) => bodies.get(key),
 *   list: async () => [{ name: '0001', kind: 'folder' } as const],
 * };
 * const log = new AttemptLog({ objects, model: 'churn' });
 * const policy = readPolicy({ training: { command: ['./train'] } });
 * const expired = { driver: 'a process that was killed', until: Date.now() };
 * const by = { actor: 'timer', reason: 'weekly' };
 * const state = await log.start({ trigger: 'schedule', policy, parent: 3 }, expired, by);
 * const steps = {
 *   writeInputs: async () => Promise.reject(new Error('the disk is full')),
 *   runner: processRunner({ env: process.env }),
 *   push: async () => 4,
 *   failedGates: async () => [],
 *   startRollout: async () => 1,
 *   readRollout: async () => ({ reason: 'it runs' }),
 * };
 * const options = { log, driver: processDriver(), steps, folder: process.cwd(), actor: 'timer' };
 * await continueRetraining(options, state).catch((error) => console.log(error.message)); // the disk is full
 * ```
 */
export async function continueRetraining(
  options: RetrainingOptions,
  state: AttemptState,
): Promise<AttemptState> {
  return work(check('continueRetraining', options), state);
}

async function work(
  options: RetrainingOptions,
  state: AttemptState,
  added?: AttemptEntry,
): Promise<AttemptState> {
  const { log, driver, steps, folder, actor, now, onEntry, signal } = options;
  const session = await AttemptSession.open({ log, driver, actor, now, onEntry }, state);
  try {
    if (added !== undefined) onEntry?.(added, state);
    return await runAttempt({ session, steps, folder, actor, signal });
  } finally {
    await session.close();
  }
}

function check(name: string, options: RetrainingOptions): RetrainingOptions {
  return checkOptions(name, options, {
    ...{ log: 'required', driver: 'required', steps: 'required', folder: 'required' },
    ...{ actor: 'required', now: 'optional', onEntry: 'optional', signal: 'optional' },
    after: 'optional',
  });
}
