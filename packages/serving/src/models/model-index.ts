import type { ModelSource } from '../source/model-source.ts';
import type { ServedModel } from './served-model.ts';

/** State of a model that is served, or could be. */
export interface ModelIndexEntry {
  readonly name: string;
  /** The version that answers; absent while none is loaded. */
  readonly version?: string;
  readonly state: 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING';
  /** Reason why it isn't ready; empty when there is none. */
  readonly reason: string;
  /** Size of the model's files, in bytes; of versions whose runtime holds them in memory. */
  readonly fileBytes?: number;
  /** Estimated memory of the version, in bytes. */
  readonly residentBytes?: number;
}

/** Lists every model that is served, is being unloaded, or could be loaded from the source; by name. */
export async function indexModels(
  served: Iterable<ServedModel>,
  leaving: Iterable<string>,
  source: ModelSource,
): Promise<readonly ModelIndexEntry[]> {
  const entries = new Map<string, ModelIndexEntry>();
  for (const name of leaving) entries.set(name, { name, state: 'UNLOADING', reason: '' });
  for (const entry of await Promise.all(Array.from(served, entryOf)))
    entries.set(entry.name, entry);
  for (const { model: name } of (await source.list?.()) ?? []) {
    if (!entries.has(name)) entries.set(name, { name, state: 'UNAVAILABLE', reason: 'unloaded' });
  }
  return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function entryOf({ name, current, loading, problem }: ServedModel): Promise<ModelIndexEntry> {
  if (current === undefined) {
    return {
      name,
      state: loading ? 'LOADING' : 'UNAVAILABLE',
      reason: loading ? '' : (problem ?? ''),
    };
  }
  const { version } = current.label;
  const unhealthy = await current.runtime.unhealthy();
  const state = unhealthy === undefined ? 'READY' : 'UNAVAILABLE';
  const { memory } = current.runtime;
  return { name, version, state, reason: unhealthy ?? problem ?? '', ...memory };
}
