/** Output of Nx about the tasks of one command. */
export interface TaskOutput {
  /** The output of each task that was run, or taken from the cache, by the task's name. */
  readonly outputs: ReadonlyMap<string, string>;
  /** The names of the tasks that failed. */
  readonly failed: readonly string[];
}

const TASK = /^> nx run (?<task>[^ ]+:[^ ]+)(?: +\[.*\])?$/;
/** The lines ` NX   Ran target …` that come before, between and after the outputs. */
const NX_ITSELF = /^ NX +/;
const FAILED_TASKS = /^Failed tasks:$/;

/** The task whose output begins with this line of Nx's `static` style, if one does. */
export function taskOf(line: string): string | undefined {
  return TASK.exec(line)?.groups?.task;
}

/** Takes apart what Nx wrote in its `static` style, without colors. */
export function readTaskOutput(text: string): TaskOutput {
  const outputs = new Map<string, string>();
  const failed: string[] = [];
  let task: string | undefined;
  let inFailed = false;
  for (const line of text.split('\n')) {
    const started = taskOf(line);
    if (started !== undefined) {
      task = started;
      outputs.set(task, '');
    } else if (NX_ITSELF.test(line)) {
      task = undefined;
    } else if (task !== undefined) {
      outputs.set(task, `${outputs.get(task) ?? ''}${line}\n`);
    } else if (FAILED_TASKS.test(line)) {
      inFailed = true;
    } else if (inFailed && line.startsWith('- ')) {
      failed.push(line.slice(2).trim());
    } else if (line.trim() !== '') {
      inFailed = false;
    }
  }
  return { outputs, failed };
}
