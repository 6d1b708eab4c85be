import { count } from '../output/format-values.ts';
import type { CommandContext } from '../command-context.ts';
import { openRegistry } from '../registry/open-registry.ts';
import type { Completion, CompletionSource } from './complete.ts';

/** A shell that waits longer seems to hang. */
const TIMEOUT_MS = 3000;

/** Reads suggestions from the registry; none without a registry, or when it can't be read in time. */
export function registrySource(context: CommandContext): CompletionSource {
  const attempt = async (
    read: () => Promise<readonly Completion[]>,
  ): Promise<readonly Completion[]> => {
    const late = new Promise<readonly Completion[]>((resolve) => {
      setTimeout(resolve, TIMEOUT_MS, []).unref();
    });
    return Promise.race([read().catch(() => []), late]);
  };
  return {
    models: (location) =>
      attempt(async () => {
        const { registry } = await openRegistry(context, { registry: location });
        return (await registry.listModels()).map(({ model, versions }) => ({
          value: model,
          description: count(versions, 'version'),
        }));
      }),
    aliases: (location, model, { versions }) =>
      attempt(async () => {
        const { registry } = await openRegistry(context, { registry: location });
        const summary = (await registry.listModels()).find((each) => each.model === model);
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
