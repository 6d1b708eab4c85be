import type { ModelRegistry } from '@fairlead/registry';
import type { ModelServer } from '@fairlead/serving';
import type { Logger } from '../monitoring/logger.ts';
import { invocationsWarnings } from '../protocols/invocations-warnings.ts';
import { forSetting } from '../settings/settings-error.ts';
import { PREVIOUS_VERSION, type Settings } from '../settings/settings.ts';
import type { ModelDiscovery } from './model-discovery.ts';

/** Dependencies of {@link loadModels}. */
export interface LoadModelsDependencies {
  readonly registry: ModelRegistry;
  readonly models: ModelServer;
  readonly discovery: ModelDiscovery;
  readonly logger: Logger;
  readonly onError: (error: unknown) => void;
  /** Called when the models are loaded; the gateway isn't ready before it has settled. */
  readonly warmUp: () => Promise<void>;
}

/**
 * Serves the models of the settings, or every model of the registry that has the alias; resolves when the first attempt to load each of them has ended.
 *
 * @throws RegistryError when the models can't be listed.
 */
export async function loadModels(
  settings: Settings,
  { registry, models, discovery, logger, onError, warmUp }: LoadModelsDependencies,
): Promise<void> {
  const served =
    settings.models ?? (await modelsWith(registry, settings.alias, discovery, onError));
  const loading = Promise.all(served.map((model) => models.serve(model)));
  await models.readyAfter(loading.then(warmUp));
  for (const [model, fallback] of settings.fallbacks ?? []) {
    if (served.includes(model) && (fallback === PREVIOUS_VERSION || served.includes(fallback)))
      continue;
    logger.warn({ model, fallback }, 'a fallback is set between models that are not both served');
  }
  for (const warning of invocationsWarnings(settings, models.models)) logger.warn(warning);
  // No model is served beside those of a list.
  if (settings.models === undefined) discovery.start();
  logger.info({ models: served, ready: await models.ready() }, 'models loaded');
}

/** Lists the models that have the alias; a damaged one is reported to `onError`, and doesn't affect others. */
async function modelsWith(
  registry: ModelRegistry,
  alias: string,
  discovery: ModelDiscovery,
  onError: (error: unknown) => void,
): Promise<readonly string[]> {
  const summaries = await registry.listModels();
  discovery.note(summaries);
  for (const { model, problems = [] } of summaries) {
    for (const problem of problems) onError(new Error(`model "${model}" is damaged: ${problem}`));
  }
  return summaries.flatMap(({ model, aliases }) => (Object.hasOwn(aliases, alias) ? model : []));
}

/**
 * Checks the names of the alias and the models; otherwise an invalid one would only fail at each poll.
 *
 * @throws SettingsError naming the setting.
 */
export function checkNames(registry: ModelRegistry, { alias, models = [] }: Settings): void {
  forSetting('FAIRLEAD_ALIAS', () => registry.follow('any', alias));
  for (const model of models) {
    forSetting('FAIRLEAD_MODELS', () => registry.follow(model, alias));
  }
}
