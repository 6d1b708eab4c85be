import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { namesIn, type KillResult } from './kill-retraining.ts';

const { folderStore, ModelRegistry } = await import('@fairlead/registry');
const { AttemptLog } = await import('@fairlead/retraining');
const { RolloutLog } = await import('@fairlead/rollout');

/** Checks everything that kills left: violations in words, and what was done. */
export async function checkKills({ folder, failures }: KillResult): Promise<{
  readonly problems: readonly string[];
  readonly attempts: number;
  readonly promotions: number;
}> {
  const objects = folderStore(join(folder, 'registry'));
  const registry = new ModelRegistry({ store: objects });
  // Every entry is read: one that is torn, or that the one before doesn't permit, is an error.
  const attempts = await new AttemptLog({ objects, model: 'churn' }).all();
  const rollouts = await new RolloutLog({ objects, model: 'churn' }).all();
  const versions = await registry.listVersions('churn');
  const aliases = await registry.history('churn', 'champion');
  const promoted = aliases.map(({ version }) => version);
  const tokens = versions.flatMap(({ lineage }) => lineage.origin?.runId ?? []);
  const candidates = rollouts.map(({ plan }) => plan.candidate);
  const problems = [
    ...failures,
    ...twice(promoted, 'times version', 'promoted'),
    ...twice(tokens, 'versions of attempt', 'pushed'),
    ...twice(candidates, 'rollouts of version', 'started'),
  ];
  for (const { number, phase, version, entries } of attempts) {
    const name = `churn-${number}`;
    const count = (type: string): number => entries.filter((entry) => entry.type === type).length;
    for (const type of ['requested', 'pushed', 'rollout', 'ended']) {
      if (count(type) > 1) problems.push(`${name} has ${count(type)} entries ${type}`);
    }
    if (phase !== 'ended' && number !== attempts.length)
      problems.push(`${name} has not ended, and another one began`);
    const pushed = versions.find(({ lineage }) => lineage.origin?.runId === name)?.version;
    if (phase === 'ended' && pushed !== version) {
      problems.push(
        `${name} recorded version ${version ?? 'none'}, and ${pushed ?? 'none'} is in the registry`,
      );
    }
    if (phase === 'ended' && existsSync(join(folder, 'retraining', name, 'input'))) {
      problems.push(`${name} left rows of users`);
    }
  }
  if (existsSync(join(folder, 'overlaps'))) problems.push('two trainings ran at the same time');
  problems.push(...processesOf(folder).map((pid) => `process ${pid} of a training still runs`));
  problems.push(...leftovers(join(folder, 'registry/retraining')));
  return { problems, attempts: attempts.length, promotions: promoted.length - 1 };
}

function twice(values: readonly unknown[], what: string, verb: string): readonly string[] {
  const counts = Map.groupBy(values, (value) => value);
  return [...counts]
    .filter(([, { length }]) => length > 1)
    .map(([value, { length }]) => `${length} ${what} ${String(value)} were ${verb}`);
}

/** Objects that aren't complete JSON. */
function leftovers(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  );
  return files.flatMap(({ parentPath, name }) => {
    try {
      JSON.parse(readFileSync(join(parentPath, name), 'utf8'));
      return [];
    } catch {
      return [`${join(parentPath, name)} is torn`];
    }
  });
}

/** Processes of trainings in a folder. */
function processesOf(folder: string): readonly string[] {
  return namesIn('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const environment = readFileSync(`/proc/${name}/environ`, 'utf8');
      return environment.includes(`FAIRLEAD_TRAINING_OUTPUT=${folder}/`);
    } catch {
      return false;
    }
  });
}
