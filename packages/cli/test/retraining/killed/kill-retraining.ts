import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '@fairlead/test-support/random';
import { bin, commandEnv } from '../../support/bin.ts';
import { captureRequests, signature } from '../../support/captured-requests.ts';
import { affine, affineNext } from '../../support/models.ts';

/** Process that a kill ends: the command, the supervisor of the training, or the training itself. */
type Target = 'command' | 'supervisor' | 'training';

/** Result of {@link killRetraining}. */
export interface KillResult {
  readonly folder: string;
  /** Kills that ended a process, by their targets. */
  readonly kills: Readonly<Record<Target, number>>;
  /** Exit codes and error output of commands that weren't killed, and ended with neither success nor a conflict. */
  readonly failures: readonly string[];
}

/** A training takes about so long; a kill comes within the time that a whole run takes. */
const TRAINING_S = 0.5;
const REQUESTS = 60;
/** Folders in which a step leaves an object before its entry: a version, a rollout, an entry of the alias. */
const STEPS = ['models/churn/versions', 'rollouts/churn', 'models/churn/aliases/champion'] as const;
/** More tries than kills. */
const TRIES = 1000;

/**
 * Retrains `churn` again and again in `folder`, and kills the command, its supervisor or the training with `kill -9` at random moments,
 * also the commands that promote its rollouts; the last attempt is brought to its end without.
 */
export async function killRetraining(
  folder: string,
  kills: number,
  seed: number,
): Promise<KillResult> {
  const random = new Random(seed);
  const place = new KillPlace(folder);
  await place.prepare();
  const done: Record<Target, number> = { command: 0, supervisor: 0, training: 0 };
  const total = (): number => done.command + done.supervisor + done.training;
  const begun = performance.now();
  await place.run('retrain', 'run', 'churn');
  const runMs = performance.now() - begun;
  while (total() < kills) {
    const pick = random.uniform();
    const target: Target = pick < 0.6 ? 'command' : pick < 0.8 ? 'supervisor' : 'training';
    const isPromotion = place.hasRollout() && random.uniform() < 0.5;
    const args = isPromotion ? ['rollout', 'promote', 'churn'] : ['retrain', 'run', 'churn'];
    const command = place.start(...args);
    if (target !== 'command') {
      // A training is a small part of a run.
      await place.untilTraining(command.process);
      await Promise.race([command.ended, sleep(random.uniform() * TRAINING_S * 1000)]);
    } else if (random.uniform() < 0.5) {
      await Promise.race([command.ended, sleep(random.uniform() * runMs)]);
    } else {
      // The moment between a step and its entry is short.
      const step = STEPS[Math.floor(random.uniform() * STEPS.length)];
      await place.untilStep(command.process, step);
    }
    if (target === 'command' ? kill(command.process) : place.killTraining(target))
      done[target] += 1;
    // One that waits for a training would wait for the next one too.
    if (target !== 'command' && random.uniform() < 0.5) kill(command.process);
    await command.ended;
  }
  for (let round = 0; round < 5; round += 1) {
    await place.run('retrain', 'run', 'churn');
    if (place.hasRollout()) await place.run('rollout', 'promote', 'churn');
  }
  return { folder, kills: done, failures: place.failures };
}

function kill(child: ChildProcess): boolean {
  return isRunning(child) && child.kill('SIGKILL');
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}

/** Folder with a registry, captured requests and trainings, and the commands in it. */
class KillPlace {
  readonly failures: string[] = [];
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async prepare(): Promise<void> {
    const folder = this.#folder;
    const write = (name: string, text: string): void => {
      writeFileSync(join(folder, name), text);
    };
    mkdirSync(join(folder, 'registry'));
    write('churn.json', JSON.stringify({ signature }));
    await captureRequests(
      folder,
      { model: 'churn', version: '1' },
      Array.from({ length: REQUESTS }, (_, index) => ({
        id: `r${index}`,
        at: Date.now() - 60_000,
        rows: 1,
      })),
    );
    const labels = Array.from({ length: REQUESTS }, (_, index) => `r${index},0,stays`);
    write('labels.csv', ['request_id,row,label', ...labels].join('\n'));
    write('train.sh', trainScript(folder));
    write(
      'policy.json',
      JSON.stringify({
        dataset: { minRows: REQUESTS },
        training: { command: ['sh', join(folder, 'train.sh')], tries: TRIES },
      }),
    );
    await this.run('model', 'push', 'churn', affine, '--metadata', 'churn.json');
    await this.run('model', 'promote', 'churn', '1');
    await this.run('labels', 'import', 'churn', 'labels.csv');
    await this.run('retrain', 'policy', 'churn', '--set', 'policy.json');
  }

  /** Runs a command to its end. */
  async run(...args: readonly string[]): Promise<void> {
    await this.start(...args).ended;
  }

  start(...args: readonly string[]): {
    readonly process: ChildProcess;
    readonly ended: Promise<void>;
  } {
    const child = spawn(process.execPath, [...bin.slice(1), ...args], {
      cwd: this.#folder,
      env: commandEnv(this.#folder, {
        ...{ FAIRLEAD_REGISTRY: './registry', FAIRLEAD_CAPTURE_LOCATION: './captured' },
        FAIRLEAD_ACTOR: 'ada',
      }),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = once(child, 'close').then(([code]) => {
      // 3 is a conflict: the rollout of a command that was killed is being promoted.
      if (code !== 0 && code !== null && code !== 3) {
        this.failures.push(`${args.join(' ')} ended with ${String(code)}: ${stderr}`);
      }
    });
    return { process: child, ended };
  }

  /** Returns whether the last rollout hasn't ended. */
  hasRollout(): boolean {
    const folder = join(this.#folder, 'registry/rollouts/churn');
    const last = namesIn(folder).at(-1);
    if (last === undefined) return false;
    const entries = namesIn(join(folder, last)).map((name) =>
      readFileSync(join(folder, last, name), 'utf8'),
    );
    return entries.length > 0 && !entries.some((text) => text.includes('"type":"ended"'));
  }

  /** Waits until a folder of the registry has another object, or the command has ended. */
  async untilStep(command: ChildProcess, folder = ''): Promise<void> {
    const path = join(this.#folder, 'registry', folder);
    const before = namesIn(path).length;
    while (isRunning(command) && namesIn(path).length === before) await sleep(1);
  }

  /** Waits until a training runs, or the command has ended. */
  async untilTraining(command: ChildProcess): Promise<void> {
    while (isRunning(command) && this.#findTraining('training') === undefined) await sleep(10);
  }

  /** Kills the newest training, or its supervisor; returns false if none runs. */
  killTraining(target: 'supervisor' | 'training'): boolean {
    const pid = this.#findTraining(target);
    if (pid !== undefined) process.kill(target === 'training' ? -pid : pid, 'SIGKILL');
    return pid !== undefined;
  }

  #findTraining(target: 'supervisor' | 'training'): number | undefined {
    for (const { path } of trainingsIn(this.#folder).toReversed()) {
      const file = join(path, target === 'training' ? 'process.json' : 'supervisor.json');
      try {
        const { pid, start } = JSON.parse(readFileSync(file, 'utf8')) as {
          pid: number;
          start: string;
        };
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
        if (fields[0] !== 'Z' && fields[19] === start) return pid;
      } catch {
        // It has not begun, or has ended.
      }
    }
    return undefined;
  }
}

/** A training that notes in `overlaps` where another one of the model runs at the same time. */
function trainScript(folder: string): string {
  return [
    `cd ${folder}`,
    // The kernel releases the lock with the last process of a training.
    'exec 9> running',
    'flock --nonblock 9 || echo "$FAIRLEAD_TRAINING_ATTEMPT" >> overlaps',
    `sleep ${TRAINING_S}`,
    'test -s "$FAIRLEAD_TRAINING_ROWS" || exit 9',
    `cp ${affineNext} "$FAIRLEAD_TRAINING_OUTPUT/model.onnx"`,
  ].join('\n');
}

/** Folders of trainings, the oldest first. */
function trainingsIn(folder: string): readonly { readonly path: string }[] {
  const root = join(folder, 'retraining');
  const byNumber = (a: string, b: string): number =>
    Number(a.split('-').at(-1)) - Number(b.split('-').at(-1));
  return namesIn(root)
    .toSorted(byNumber)
    .flatMap((attempt) =>
      namesIn(join(root, attempt))
        .filter((name) => /^\d+$/.test(name))
        .toSorted(byNumber)
        .map((name) => ({ path: join(root, attempt, name) })),
    );
}

/** Names in a folder, in order; none if it doesn't exist. */
export function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
