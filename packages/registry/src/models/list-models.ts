import { aliasLog } from '../aliases/alias-log.ts';
import { aliasNames } from '../aliases/alias-names.ts';
import { inParallel } from '../store/in-parallel.ts';
import type { KnownHeads } from '../records/numbered-log.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';
import { modelNames } from '../versions/model-names.ts';
import { versionLog } from '../versions/version-log.ts';

/** One model of a registry. */
export interface ModelSummary {
  readonly model: string;
  /** Number of its versions. */
  readonly versions: number;
  readonly latestVersion: number;
  /** Version that each alias points to. */
  readonly aliases: Readonly<Record<string, number>>;
  /** Parts of the model that can't be read, such as a damaged alias, which isn't in `aliases` then; absent without problems. */
  readonly problems?: readonly string[];
}

/** Errors that concern one record only. */
const DAMAGE: ReadonlySet<string> = new Set([
  'ERR_REGISTRY_CORRUPT',
  'ERR_REGISTRY_UNSUPPORTED_FORMAT',
  'ERR_REGISTRY_TOO_LARGE',
  'ERR_REGISTRY_STORE_FOREIGN',
]);

/**
 * Lists the models that have a version, in order of their names; foreign objects in the store are ignored, and damage of one model is
 * among its problems and hides no other model.
 */
export async function listModels(
  store: ObjectStore,
  heads: KnownHeads,
): Promise<readonly ModelSummary[]> {
  const names = await modelNames(store);
  const summaries = await inParallel(names, (model) => summarize(store, heads, model));
  return summaries.filter((summary) => summary !== undefined);
}

async function summarize(
  store: ObjectStore,
  heads: KnownHeads,
  model: string,
): Promise<ModelSummary | undefined> {
  const problems: string[] = [];
  const attempt = async <T>(read: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof RegistryError) || !DAMAGE.has(error.code)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const versions = (await attempt(() => versionLog(store, model).numbers())) ?? [];
  const latestVersion = versions.at(-1);
  if (latestVersion === undefined && problems.length === 0) return undefined;
  const aliases: Record<string, number> = {};
  for (const alias of (await attempt(() => aliasNames(store, model))) ?? []) {
    const log = aliasLog(store, model, alias, heads);
    const entry = await attempt(async () => log.read(await log.head()));
    if (entry !== undefined) aliases[alias] = entry.version;
  }
  return {
    ...{ model, versions: versions.length, latestVersion: latestVersion ?? 0, aliases },
    ...(problems.length > 0 && { problems }),
  };
}
