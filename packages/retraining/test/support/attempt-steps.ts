import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AttemptLog,
  processDriver,
  processRunner,
  readPolicy,
  type AttemptRequest,
  type CandidateRollout,
  type RetrainingOptions,
  type RetrainingPolicyInput,
  type RetrainingSteps,
} from '@fairlead/retraining';
import { temporaryFolder } from '@fairlead/test-support';
import { memoryObjects } from '@fairlead/test-support/memory-objects';

/** Registry and rollouts of a test: versions by the attempt that pushed them. */
interface World {
  readonly versions: Map<string, number>;
  readonly rollouts: Map<number, number>;
  rows: number;
  failedGates: readonly string[];
  rollout: CandidateRollout;
  /** Called before and after each step; one that throws stands for the end of the process at that moment. */
  at: (moment: string) => void;
}

/** A retraining of the model `churn` with real files and processes; only the registry is a map. */
export function openAttempts(script: string, more: Partial<RetrainingPolicyInput> = {}) {
  const world: World = {
    ...{ versions: new Map(), rollouts: new Map(), rows: 200, failedGates: [] },
    ...{ rollout: { reason: 'it runs' }, at: () => undefined },
  };
  const objects = memoryObjects();
  const folder = temporaryFolder();
  const log = new AttemptLog({ objects, model: 'churn' });
  const policy = readPolicy({
    dataset: { formats: ['csv'] },
    training: { command: ['sh', '-c', script], folder },
    ...more,
  });
  const request: AttemptRequest = { trigger: 'labels', policy, parent: 1 };
  const options = (): RetrainingOptions => ({
    ...{ log, driver: processDriver(), folder, actor: 'timer', steps: stepsOf(world) },
    onEntry: ({ type }) => {
      world.at(`recorded ${type}`);
    },
  });
  return { world, objects, log, folder, request, options };
}

function stepsOf(world: World): RetrainingSteps {
  const step = <T>(name: string, work: () => T): Promise<T> => {
    world.at(`before ${name}`);
    const result = work();
    world.at(`after ${name}`);
    return Promise.resolve(result);
  };
  // The supervisor of each training loads its compiled code.
  const runner = processRunner({ env: process.env, keep: ['NODE_COMPILE_CACHE'] });
  return {
    writeInputs: ({ folder }) =>
      step('inputs', () => {
        writeFileSync(join(folder, 'rows.csv'), `age,label\n${'41,1\n'.repeat(world.rows)}`);
        writeFileSync(join(folder, 'manifest.json'), '{}');
        return { rows: world.rows, since: 0, until: 1000 };
      }),
    runner: {
      ...runner,
      async train(order) {
        world.at('before train');
        const outcome = await runner.train(order);
        world.at('after train');
        return outcome;
      },
    },
    push: ({ attempt }) =>
      step('push', () => {
        const version = world.versions.get(attempt) ?? world.versions.size + 2;
        world.versions.set(attempt, version);
        return version;
      }),
    failedGates: () => Promise.resolve(world.failedGates),
    startRollout: ({ version }) =>
      step('rollout', () => {
        const number = world.rollouts.get(version) ?? world.rollouts.size + 1;
        world.rollouts.set(version, number);
        return number;
      }),
    readRollout: () => Promise.resolve(world.rollout),
  };
}
