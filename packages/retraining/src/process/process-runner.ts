import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { checkOptions } from '../check-options.ts';
import { readJson, writeJson } from '../files/durable-file.ts';
import { isRunning } from '../lease/process-identity.ts';
import { RetrainingError } from '../retraining-error.ts';
import type { TrainingOrder, TrainingOutcome, TrainingRunner } from '../run/training-runner.ts';
import { endProcesses, processesOf, TOKEN_VARIABLE } from './end-processes.ts';
import {
  trainingFiles,
  type ProcessRecord,
  type SupervisedOrder,
  type TrainingEnd,
  type TrainingFiles,
} from './training-files.ts';

// The sources run as they are under Node's type stripping; the published package holds JavaScript.
const supervisor = fileURLToPath(
  new URL(`./supervisor${extname(import.meta.url)}`, import.meta.url),
);

/** Variables that every training gets. */
const BASE_VARIABLES = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'];
const POLL_MS = 100;
/** Time in which a supervisor begins, on a busy machine. */
const START_MS = 60_000;
const SHOWN_LINES = 20;
const SHOWN_BYTES = 4096;

/** Options of {@link processRunner}. */
export interface ProcessRunnerOptions {
  /** Environment of this process, of which a training gets the variables that it needs. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /**
   * Names of the variables that a training gets beside `PATH`, `HOME`, `LANG`, `TZ` and `TMPDIR`.
   *
   * @defaultValue none
   */
  readonly keep?: readonly string[] | undefined;
}

/**
 * Runs trainings as processes of this machine, each in a separate folder, with a time limit for its whole group of processes and a log of at most 2 MiB.
 *
 * A separate process supervises it, so a training survives a `kill -9` of this one, and the next `train` with the same folder waits for
 * its end. Where the training itself was killed, its processes are ended, and it is reported as lost.
 *
 * @throws RetrainingError `ERR_RETRAINING_INVALID_OPTION`
 *
 * @example
 * ```ts
 * import { processRunner } from '@fairlead/retraining';
 *
 * const outcome = await processRunner({ env: process.env }).train({
 *   token: 'churn-4-1',
 *   command: ['sh', '-c', 'echo trained > "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"'],
 *   input: '/tmp',
 *   folder: `${process.cwd()}/churn-4-1`,
 *   tables: ['rows.parquet'],
 *   variables: {},
 *   timeLimitMs: 60_000,
 *   signal: new AbortController().signal,
 * });
 * console.log(outcome); // { result: 'completed' }
 * ```
 */
export function processRunner(options: ProcessRunnerOptions): TrainingRunner {
  const { env, keep = [] } = checkOptions('processRunner', options, {
    ...{ env: 'required', keep: 'optional' },
  });
  const inherited = [...BASE_VARIABLES, ...keep].flatMap((name) =>
    env[name] === undefined ? [] : [[name, env[name]] as const],
  );
  return {
    name: 'process',
    has: ({ folder }) => Promise.resolve(existsSync(trainingFiles(folder).supervisor)),
    train: (order) => train(order, Object.fromEntries(inherited)),
  };
}

async function train(
  order: TrainingOrder,
  env: Readonly<Record<string, string>>,
): Promise<TrainingOutcome> {
  const { folder, signal } = order;
  const files = trainingFiles(folder);
  if (!existsSync(files.supervisor)) await startSupervisor(order, env);
  let isStopped = false;
  for (;;) {
    const owner = (await readJson(files.supervisor)) as ProcessRecord;
    // Read before the end is looked for: a supervisor records the end, and then ends.
    const runs = isRunning(owner.pid, owner.start);
    const end = (await readJson(files.end)) as TrainingEnd | undefined;
    if (end !== undefined) {
      if (end.cause === 'stopped') signal.throwIfAborted();
      return outcomeOf(end, order, await lastLines(files));
    }
    if (!runs) {
      await endLeftovers(files, folder);
      signal.throwIfAborted();
      return { result: 'lost', reason: 'the training was killed, or the machine was restarted' };
    }
    if (signal.aborted && !isStopped) {
      isStopped = true;
      endSupervised(owner.pid);
    }
    await sleep(POLL_MS);
  }
}

function endSupervised(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended by now.
  }
}

async function startSupervisor(
  { token, command, workingFolder, folder, input, tables, variables, timeLimitMs }: TrainingOrder,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const files = trainingFiles(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeJson(files.order, {
    ...{ token, command, workingFolder: workingFolder ?? folder, timeLimitMs },
  } satisfies SupervisedOrder);
  const child = spawn(process.execPath, [supervisor, folder], {
    env: {
      ...env,
      ...variables,
      // Also between fork and exec a training is found by it.
      [TOKEN_VARIABLE]: folder,
      FAIRLEAD_TRAINING_INPUT: input,
      FAIRLEAD_TRAINING_ROWS: `${input}/${tables[0] ?? ''}`,
      FAIRLEAD_TRAINING_MANIFEST: `${input}/manifest.json`,
      FAIRLEAD_TRAINING_OUTPUT: files.output,
    },
    stdio: 'ignore',
    // It outlives this process and its terminal.
    detached: true,
  });
  child.on('error', () => undefined).unref();
  const deadline = performance.now() + START_MS;
  while (!existsSync(files.supervisor)) {
    if (performance.now() > deadline || child.exitCode !== null || child.pid === undefined) {
      throw new RetrainingError(
        'ERR_RETRAINING_RUNNER_FAILED',
        `The training ${token} could not be started in ${folder}: its supervisor ended with code ${String(child.exitCode)}. Check the free space and the permissions.`,
      );
    }
    await sleep(POLL_MS / 10);
  }
}

/** Ends the processes of a training whose supervisor was killed, and waits until they have ended. */
async function endLeftovers(files: TrainingFiles, folder: string): Promise<void> {
  const training = (await readJson(files.process)) as ProcessRecord | undefined;
  const leads = training !== undefined && isRunning(training.pid, training.start);
  endProcesses(folder, leads ? training.pid : undefined);
  const deadline = performance.now() + START_MS;
  while (processesOf(folder).length > 0 && performance.now() < deadline) {
    await sleep(POLL_MS / 10);
    endProcesses(folder, undefined);
  }
}

function outcomeOf(
  { code, signal, cause, message }: TrainingEnd,
  { command, timeLimitMs }: TrainingOrder,
  log: string,
): TrainingOutcome {
  const [program = ''] = command;
  const failed = (why: string): TrainingOutcome => ({
    result: 'failed',
    reason: log === '' ? `${why}, without output` : `${why}: ${log}`,
  });
  if (cause === 'not started') return failed(`${program} could not be started (${message ?? ''})`);
  if (cause === 'time limit')
    return failed(
      `the training took longer than ${Number((timeLimitMs / 60_000).toPrecision(4))} minutes`,
    );
  if (code === 0 && cause === undefined) return { result: 'completed' };
  if (code !== null && cause === undefined)
    return failed(`${program} ended with exit code ${code}`);
  return { result: 'lost', reason: `${program} was ended by ${signal ?? 'a signal'}` };
}

/** Last lines of the log. */
async function lastLines({ log }: TrainingFiles): Promise<string> {
  const file = await open(log, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - SHOWN_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(SHOWN_BYTES), 0, SHOWN_BYTES, from);
    const text = buffer.toString('utf8', 0, bytesRead).trim();
    return text.split('\n').slice(-SHOWN_LINES).join('\n');
  } finally {
    await file.close();
  }
}
