import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { runStepProcess } from './step-process.ts';
import type { Failure, Step } from './step.ts';
import { readTaskOutput, taskOf } from './task-output.ts';

/** Options for running steps. */
export interface StepOptions {
  readonly root: string;
  /** An existing folder for what the steps write. */
  readonly logFolder: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Ends the step, and everything that it started, when it is aborted. */
  readonly signal: AbortSignal;
  /** Called with the name of each Nx task that has ended, successfully or not. */
  readonly onTask: (task: string) => void;
}

const LAST_LINES = 60;

/** Runs a step to its end.
 *
 * @returns its failures; none when it succeeded
 */
export async function runStep(step: Step, options: StepOptions): Promise<readonly Failure[]> {
  const { root, logFolder, environment, signal, onTask } = options;
  let text = '';
  let lineStart = 0;
  const onOutput = (data: string): void => {
    text += data;
    for (let end = text.indexOf('\n', lineStart); end >= 0; end = text.indexOf('\n', lineStart)) {
      const task = taskOf(stripVTControlCharacters(text.slice(lineStart, end)));
      if (task !== undefined) onTask(task);
      lineStart = end + 1;
    }
  };
  const { command } = step;
  const problem = await runStepProcess(command, { cwd: root, environment, signal, onOutput });
  text = stripVTControlCharacters(text);
  const logFile = join(logFolder, `${step.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.log`);
  writeFileSync(logFile, `$ ${command.join(' ')}\n${text}`);
  if (problem === undefined) return [];

  const failure = (name: string, output: string): Failure => ({
    name,
    outputEnd: output.trimEnd().split('\n').slice(-LAST_LINES).join('\n'),
    logFile,
  });
  const { outputs, failed } = readTaskOutput(text);
  if (failed.length === 0) return [failure(`${step.name}: ${problem}`, text)];
  return failed.map((task) => failure(task, outputs.get(task) ?? text));
}
