import { join } from 'node:path';
import { hashFolder } from '../files/hash-files.ts';
import type { AttemptSession } from '../lease/attempt-session.ts';
import { RetrainingError } from '../retraining-error.ts';
import type { AttemptChange, AttemptResult } from '../state/attempt-entry.ts';
import { attemptName, type AttemptState } from '../state/attempt-state.ts';
import { AttemptFolder, removeOldAttempts, tableName } from './attempt-folder.ts';
import type { RetrainingSteps } from './retraining-steps.ts';
import type { TrainingOrder } from './training-runner.ts';

const MINUTE_MS = 60_000;
/** Folders of attempts that stay, with their logs and outputs. */
const RETAINED_ATTEMPTS = 5;

/** Parts of a run. */
export interface AttemptRun {
  readonly session: AttemptSession;
  readonly steps: RetrainingSteps;
  /** Local folder, in which each attempt has one. */
  readonly folder: string;
  /** Name for the entries. */
  readonly actor: string;
  /** Ends the training that runs; the attempt can be continued. */
  readonly signal?: AbortSignal | undefined;
}

/** Continues an attempt from its entries until it has ended, or its rollout runs. */
export async function runAttempt(run: AttemptRun): Promise<AttemptState> {
  const { session, steps, folder } = run;
  const place = new AttemptFolder(join(folder, attemptName(session.state)));
  const identity = identityOf(session.state);
  for (;;) {
    const { phase, number } = session.state;
    run.signal?.throwIfAborted();
    session.signal.throwIfAborted();
    if (phase === 'ended') break;
    try {
      if (phase === 'rollout') {
        const rollout = await steps.readRollout(session.state.rollout ?? number);
        if (rollout.result === undefined) break;
        await end(run, rollout.result, rollout.reason);
      } else {
        if (!(await place.claim(identity))) throw isForeign(session.state, folder);
        await STEPS[phase](run, place);
      }
    } catch (error) {
      if (!isFinal(error)) throw error;
      await end(run, 'failed', error.message);
    }
  }
  if (!(await place.isOf(identity))) return session.state;
  await stopAborted(run, place);
  await place.removeInputs();
  await removeOldAttempts(folder, session.state.model, RETAINED_ATTEMPTS);
  return session.state;
}

/** Attempts of several registries may have the same name. */
function identityOf({ requestedAt, entries: [first] }: AttemptState): string {
  return `${requestedAt} ${first?.type === 'requested' ? first.driver : ''}`;
}

function isForeign(state: AttemptState, folder: string): RetrainingError {
  const name = attemptName(state);
  return new RetrainingError(
    'ERR_RETRAINING_CONFLICT',
    `${join(folder, name)} has the files of another attempt ${name}, of another registry or one before. Use another folder, or remove it once no training runs in it.`,
  );
}

/** Ends a training that runs although its attempt was aborted: the process that had started it was killed. */
async function stopAborted({ session, steps }: AttemptRun, place: AttemptFolder): Promise<void> {
  const { result, training } = session.state;
  if (result !== 'aborted' || training === undefined) return;
  const order = orderOf(session.state, place, AbortSignal.abort());
  // It ends with the error of the signal, or had ended before.
  if (await steps.runner.has(order)) await steps.runner.train(order).catch(() => undefined);
}

type Step = (run: AttemptRun, place: AttemptFolder) => Promise<void>;

/** Next step after each one. */
const STEPS: Readonly<Record<Exclude<AttemptState['phase'], 'rollout' | 'ended'>, Step>> = {
  requested: makeDataset,
  dataset: startTraining,
  training: train,
  trained: push,
  pushed: rollOut,
};

async function makeDataset({ session, steps, actor }: AttemptRun, place: AttemptFolder) {
  const { policy, parent } = session.state.request;
  const { formats, minRows } = policy.dataset;
  const dataset = await place.writeInputs(formats, (folder) =>
    steps.writeInputs({ folder, policy, parent }),
  );
  await session.append({
    ...{ type: 'dataset', ...dataset, actor },
    reason: `rows with a label from ${isoTime(dataset.since)} until ${isoTime(dataset.until)}`,
  });
  if (dataset.rows >= minRows) return;
  throw failed(`the dataset has ${dataset.rows} rows, and the policy needs ${minRows}`);
}

async function startTraining(run: AttemptRun, place: AttemptFolder): Promise<void> {
  const { session, steps } = run;
  const { request, dataset, training } = session.state;
  if (dataset === undefined || !(await place.hasInputs(dataset.sha256))) {
    await makeDataset(run, place);
    return;
  }
  const { tries } = request.policy.training;
  const next = (training?.tries ?? 0) + 1;
  if (next > tries) throw failed(`the training was killed or lost ${tries} times`);
  const token = `${attemptName(session.state)}-${next}`;
  await record(
    run,
    { type: 'training', runner: steps.runner.name, token },
    `try ${next} of ${tries}`,
  );
}

async function train(run: AttemptRun, place: AttemptFolder): Promise<void> {
  const { session, steps } = run;
  const { state } = session;
  const { training } = state.request.policy;
  const signals = [session.signal, run.signal].filter((signal) => signal !== undefined);
  const order = orderOf(state, place, AbortSignal.any(signals));
  const tries = state.training?.tries ?? 1;
  const isKnown = await steps.runner.has(order);
  // Files of another machine, or that were removed.
  if (!isKnown && !(await place.hasInputs(state.dataset?.sha256 ?? '')))
    return makeDataset(run, place);
  const outcome = await steps.runner.train(order);
  if (outcome.result === 'failed') throw failed(outcome.reason);
  if (outcome.result === 'lost') {
    // Another one follows, unless this was the last.
    if (tries >= training.tries)
      throw failed(`${outcome.reason}; it was the last of ${tries} tries`);
    return startTraining(run, place);
  }
  const sha256 = await hashFolder(place.output(tries));
  if (sha256 === undefined) {
    throw failed(
      'the training wrote no file to FAIRLEAD_TRAINING_OUTPUT; it must write model.onnx there',
    );
  }
  await record(run, { type: 'trained', sha256 }, 'the training has ended successfully');
}

function orderOf(state: AttemptState, place: AttemptFolder, signal: AbortSignal): TrainingOrder {
  const { token, tries } = state.training ?? { token: attemptName(state), tries: 1 };
  const { training, dataset } = state.request.policy;
  return {
    ...{ token, folder: place.training(tries), input: place.input, command: training.command },
    workingFolder: training.folder,
    tables: dataset.formats.map(tableName),
    variables: {
      FAIRLEAD_TRAINING_MODEL: state.model,
      FAIRLEAD_TRAINING_ATTEMPT: attemptName(state),
      FAIRLEAD_TRAINING_TRIGGER: state.request.trigger,
    },
    timeLimitMs: training.timeLimitMinutes * MINUTE_MS,
    signal,
  };
}

async function push(run: AttemptRun, place: AttemptFolder): Promise<void> {
  const { session, steps } = run;
  const { training, trained, dataset, request, entries, requestedAt } = session.state;
  const folder = place.output(training?.tries ?? 1);
  if (dataset === undefined || (await hashFolder(folder)) !== trained) {
    // Files of another machine, or that were changed or removed.
    return startTraining(run, place);
  }
  const version = await steps.push({
    ...{ attempt: attemptName(session.state), requestedAt, folder, dataset },
    ...{ parent: request.parent, trigger: request.trigger, reason: entries[0]?.reason ?? '' },
    command: request.policy.training.command,
  });
  await record(run, { type: 'pushed', version }, `derived from version ${request.parent}`);
}

async function rollOut(run: AttemptRun): Promise<void> {
  const { session, steps } = run;
  const { version = 0, request, entries } = session.state;
  const failures = await steps.failedGates(version);
  if (failures.length > 0) {
    await end(run, 'rejected', `version ${version} fails ${failures.join('; ')}`);
    return;
  }
  if (request.policy.rollout === false) {
    await end(run, 'pushed', `version ${version} passes the gates, and the policy has no rollout`);
    return;
  }
  const number = await steps.startRollout({
    ...{ attempt: attemptName(session.state), version, policy: request.policy },
    reason: entries[0]?.reason ?? '',
  });
  if (number === undefined) {
    await end(run, 'promoted', `the alias points to version ${version} already`);
    return;
  }
  await record(run, { type: 'rollout', number }, `version ${version} passes the gates`);
}

function end(run: AttemptRun, result: AttemptResult, reason: string): Promise<void> {
  return record(run, { type: 'ended', result }, reason);
}

async function record(
  { session, actor }: AttemptRun,
  change: AttemptChange,
  reason: string,
): Promise<void> {
  await session.append({ ...change, actor, reason });
}

function failed(reason: string): RetrainingError {
  return new RetrainingError('ERR_RETRAINING_TRAINING_FAILED', reason);
}

function isFinal(error: unknown): error is RetrainingError {
  return error instanceof RetrainingError && error.code === 'ERR_RETRAINING_TRAINING_FAILED';
}

function isoTime(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16)}Z`;
}
