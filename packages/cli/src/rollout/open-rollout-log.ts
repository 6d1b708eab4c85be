import type { RolloutLog, RolloutState } from '@fairlead/rollout';
import { CliError } from '../cli-error.ts';
import type { CommandContext } from '../command-context.ts';
import {
  openRegistry,
  type OpenedRegistry,
  type RegistryOptions,
} from '../registry/open-registry.ts';

/** Rollouts of a model in a registry. */
export interface OpenedRollouts extends OpenedRegistry {
  readonly log: RolloutLog;
}

/**
 * Opens the rollouts of a model.
 *
 * @throws RegistryError `ERR_REGISTRY_MODEL_NOT_FOUND` naming similar models
 */
export async function openRolloutLog(
  context: CommandContext,
  options: RegistryOptions,
  model: string,
): Promise<OpenedRollouts> {
  const opened = await openRegistry(context, options);
  await opened.registry.listVersions(model);
  const { RolloutLog } = await import('@fairlead/rollout');
  const now = () => context.io.now().getTime();
  return { ...opened, log: new RolloutLog({ objects: opened.store, model, now }) };
}

/**
 * Reads the rollout with a number, or the last one.
 *
 * @throws CliError `ERR_CLI_USAGE` without it
 */
export async function readRollout(
  log: RolloutLog,
  model: string,
  number?: number,
): Promise<RolloutState> {
  const state =
    number === undefined
      ? await log.latest()
      : (await log.all()).find((each) => each.number === number);
  if (state !== undefined) return state;
  throw new CliError(
    'ERR_CLI_USAGE',
    number === undefined
      ? `${model} has no rollout yet: start one with "fairlead rollout start ${model} <version>"`
      : `${model} has no rollout ${number}: "fairlead rollout status ${model}" shows the last one`,
  );
}
