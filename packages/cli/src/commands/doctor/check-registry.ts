import { existsSync } from 'node:fs';
import type { CommandContext } from '../../command-context.ts';
import { count } from '../../output/format-values.ts';
import { openRegistry } from '../../registry/open-registry.ts';
import { type Finding, reasonOf } from './finding.ts';

const DEFAULT_FOLDER = './registry';

/** Checks that the registry can be read, and that its models are not damaged. */
export async function checkRegistry(
  context: CommandContext,
  named: string | undefined,
): Promise<Finding> {
  const check = 'registry';
  const location = named ?? context.environment.registry ?? DEFAULT_FOLDER;
  const init = `fairlead registry init --registry ${location}`;
  if (location === DEFAULT_FOLDER && !existsSync(DEFAULT_FOLDER)) {
    const found = `no folder ${DEFAULT_FOLDER}, and neither --registry nor FAIRLEAD_REGISTRY is set`;
    return { check, state: 'warning', found, fix: init };
  }
  try {
    const { registry } = await openRegistry(context, { registry: location });
    const models = await registry.listModels();
    const [problem] = models.flatMap(({ problems = [] }) => problems);
    if (problem !== undefined) {
      const fix = `fairlead model verify --registry ${location}`;
      return { check, state: 'problem', found: `${location}: ${problem}`, fix };
    }
    const served = models.filter(({ aliases }) => Object.hasOwn(aliases, 'champion'));
    const found = `${location}: ${count(models.length, 'model')}, ${served.length} with the alias champion`;
    return { check, state: 'ok', found };
  } catch (error) {
    return { check, state: 'problem', found: `${location}: ${reasonOf(error)}`, fix: init };
  }
}
