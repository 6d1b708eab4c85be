import type { AttemptLog, PolicyLog } from '@fairlead/retraining';
import type { CommandContext } from '../command-context.ts';
import {
  openRegistry,
  type OpenedRegistry,
  type RegistryOptions,
} from '../registry/open-registry.ts';

/** Policies and attempts of a model in a registry. */
export interface OpenedRetraining extends OpenedRegistry {
  readonly model: string;
  readonly policies: PolicyLog;
  readonly attempts: AttemptLog;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Opens the retraining of a model.
 *
 * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND` naming similar models
 */
export async function openRetraining(
  context: CommandContext,
  options: RegistryOptions,
  model: string,
): Promise<OpenedRetraining> {
  const opened = await openRegistry(context, options);
  await opened.registry.listVersions(model);
  const { AttemptLog, PolicyLog } = await import('@fairlead/retraining');
  const now = () => context.io.now().getTime();
  const place = { objects: opened.store, model, now };
  return { ...opened, model, now, policies: new PolicyLog(place), attempts: new AttemptLog(place) };
}
