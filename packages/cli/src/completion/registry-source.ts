import type { CommandContext } from '../command-context.ts';
import { openRegistry } from '../registry/open-registry.ts';
import type { Completion, CompletionSource } from './complete.ts';

/** Longer than that nobody waits for a suggestion. */
const PATIENCE_MS = 3000;

/** Reads what there is to choose from out of the registry; without one, and when it can't be read, that is nothing. */
export function registrySource(context: CommandContext): CompletionSource {
  const attempt = async (
    read: () => Promise<readonly Completion[]>,
  ): Promise<readonly Completion[]> => {
    const late = new Promise<readonly Completion[]>((resolve) => {
      setTimeout(resolve, PATIENCE_MS, []).unref();
    });
    return Promise.race([read().catch(() => []), late]);
  };
  return {
    models: (location) =>
      attempt(async () => {
        const { registry } = await openRegistry(context, { registry: location });
        return (await registry.list()).map(({ model, versions }) => ({
          value: model,
          description: `${versions} versions`,
        }));
      }),
    aliases: (location, model, { versions }) =>
      attempt(async () => {
        const { registry } = await openRegistry(context, { registry: location });
        const summary = (await registry.list()).find((each) => each.model === model);
        if (summary === undefined) return [];
        const aliases = Object.entries(summary.aliases).map(([alias, version]) => ({
          value: alias,
          description: `version ${version}`,
        }));
        if (!versions) return aliases;
        const numbers = Array.from({ length: Math.min(summary.latestVersion, 20) }, (_, index) => ({
          value: String(summary.latestVersion - index),
        }));
        return [...aliases, ...numbers];
      }),
  };
}
