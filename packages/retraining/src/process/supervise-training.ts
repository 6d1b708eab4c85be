import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createJson, readJson, writeJson } from '../files/durable-file.ts';
import { startOfProcess } from '../lease/process-identity.ts';
import { BoundedLog } from './bounded-log.ts';
import { endProcesses, signalGroup } from './end-processes.ts';
import { trainingFiles, type SupervisedOrder, type TrainingEnd } from './training-files.ts';

/** Time between the request to end and the end by force. */
const GRACE_MS = 10_000;
/** Size of each of the two files of the log. */
const LOG_BYTES = 1024 * 1024;
/** Longest time of one timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * Runs the command of a training, in a separate process: it keeps the log within its size and the time limit, and records the end, also where
 * the command `fairlead retrain run` was killed. Of several supervisors of a folder, one runs the training.
 */
export async function superviseTraining(folder: string): Promise<void> {
  const files = trainingFiles(folder);
  const order = (await readJson(files.order)) as SupervisedOrder;
  const self = { pid: process.pid, start: startOfProcess(process.pid) ?? '' };
  if (!(await createJson(files.supervisor, self))) return;
  mkdirSync(files.output, { recursive: true });
  const log = new BoundedLog(files.log, files.oldLog, LOG_BYTES);
  const [program = '', ...args] = order.command;
  const child = spawn(program, args, {
    cwd: order.workingFolder,
    env: process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      log.write(chunk);
    });
  }
  const end = await endOf(child, order, async (pid) => {
    await writeJson(files.process, { pid, start: startOfProcess(pid) ?? '' });
  });
  // Processes that it left running may still write to its outputs.
  endProcesses(folder, child.pid);
  log.close();
  await writeJson(files.end, end);
}

async function endOf(
  child: ChildProcess,
  { timeLimitMs }: SupervisedOrder,
  started: (pid: number) => Promise<void>,
): Promise<TrainingEnd> {
  let cause: TrainingEnd['cause'];
  let force: NodeJS.Timeout | undefined;
  const stop = (why: 'time limit' | 'stopped') => (): void => {
    if (child.pid === undefined || cause !== undefined) return;
    const { pid } = child;
    cause = why;
    signalGroup(pid, 'SIGTERM');
    force = setTimeout(() => {
      signalGroup(pid, 'SIGKILL');
    }, GRACE_MS);
  };
  const limit = setTimeout(stop('time limit'), Math.min(timeLimitMs, MAX_TIMER_MS));
  process.on('SIGTERM', stop('stopped')).on('SIGINT', stop('stopped'));
  try {
    const exited = once(child, 'exit') as Promise<[number | null, string | null]>;
    if (child.pid !== undefined) await started(child.pid);
    const [code, signal] = await exited;
    // The pipes are read to their end, unless a process that was left running holds them.
    await Promise.race([drained(child), new Promise((resolve) => setTimeout(resolve, 200))]);
    return { code, signal, cause };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: null, signal: null, cause: 'not started', message };
  } finally {
    clearTimeout(limit);
    clearTimeout(force);
  }
}

async function drained({ stdout, stderr }: ChildProcess): Promise<void> {
  const streams = [stdout, stderr].filter((stream) => stream !== null && !stream.closed);
  await Promise.all(streams.map((stream) => once(stream as NodeJS.ReadableStream, 'close')));
}
