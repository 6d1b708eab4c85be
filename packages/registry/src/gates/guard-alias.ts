import type { AliasGates } from '../aliases/alias-gates.ts';
import { foldEvents } from '../events/model-state.ts';
import type { ModelEvent } from '../events/model-event.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { Manifest } from '../versions/manifest.ts';
import { evaluateGates, type GateContext } from './evaluate-gates.ts';
import { GatesFailedError } from './gates-failed-error.ts';

/** A change of an alias that may have gates. */
export interface GuardedChange extends Omit<GateContext, 'state'> {
  readonly alias: string;
  readonly events: readonly ModelEvent[];
  readonly dangerouslySkipGates: string | undefined;
}

/**
 * Evaluates the gates of an alias; `undefined` without gates.
 *
 * @throws GatesFailedError; RegistryError `ERR_REGISTRY_ARCHIVED`.
 */
export async function guardAlias(change: GuardedChange): Promise<AliasGates | undefined> {
  const { alias, candidate, events, dangerouslySkipGates: skipped } = change;
  const state = foldEvents(events);
  refuseArchived(alias, candidate, state.versions.get(candidate.version)?.archived);
  const policy = state.gates.get(alias);
  if (policy === undefined || policy.gates.length === 0) return undefined;
  const results = await evaluateGates(policy.gates, { ...change, state });
  if (results.every(({ passed }) => passed)) return { event: policy.event, results };
  if (skipped !== undefined) return { event: policy.event, results, skipped };
  const { model, version } = candidate;
  throw new GatesFailedError(`cannot set "${alias}" of "${model}" to version ${version}`, results);
}

function refuseArchived(
  alias: string,
  { model, version }: Manifest,
  archived: { readonly actor: string; readonly at: string } | undefined,
): void {
  if (archived === undefined) return;
  throw new RegistryError(
    'ERR_REGISTRY_ARCHIVED',
    `cannot set "${alias}" of "${model}" to version ${version}: ${archived.actor} archived it at ${archived.at}; ` +
      'unarchive it first',
  );
}
