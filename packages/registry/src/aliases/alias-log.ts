import {
  type AliasEntry,
  chainProblem,
  decodeAliasEntry,
  MAX_ALIAS_ENTRY_BYTES,
} from './alias-entry.ts';
import { aliasFolder } from '../store/layout.ts';
import { type KnownHeads, NumberedLog, type RecordFormat } from '../records/numbered-log.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** The entries of one alias. */
export type AliasLog = NumberedLog<AliasEntry>;

/** Opens the entries of `alias` of `model`. */
export function aliasLog(
  store: ObjectStore,
  model: string,
  alias: string,
  heads?: KnownHeads,
): AliasLog {
  const format: RecordFormat<AliasEntry> = {
    maxBytes: MAX_ALIAS_ENTRY_BYTES,
    rejectsFolders: true,
    decode(key, bytes, number) {
      const entry = decodeAliasEntry(key, bytes);
      if (entry.model === model && entry.alias === alias && entry.number === number) return entry;
      throw new RegistryError(
        'ERR_REGISTRY_CORRUPT',
        `${key} is entry ${entry.number} of ${JSON.stringify(`${entry.model}@${entry.alias}`)}: ` +
          'it was copied there; restore the right one from a backup',
      );
    },
  };
  return new NumberedLog(store, aliasFolder(model, alias), format, heads);
}

/** Reads an entry that has to be there. */
export async function requireEntry(log: AliasLog, number: number): Promise<AliasEntry> {
  const entry = await log.read(number);
  if (entry !== undefined) return entry;
  throw new RegistryError(
    'ERR_REGISTRY_CORRUPT',
    `${log.keyOf(number)} is missing; restore it from a backup`,
  );
}

/**
 * All entries of a log, oldest first, each continuing the one before.
 *
 * @throws RegistryError `ERR_REGISTRY_CORRUPT`
 */
export async function readEntries(log: AliasLog): Promise<readonly AliasEntry[]> {
  const entries: AliasEntry[] = [];
  for (const number of await log.numbers()) {
    const entry = await requireEntry(log, number);
    const problem = chainProblem(entries.at(-1), entry);
    if (problem !== undefined) {
      throw new RegistryError('ERR_REGISTRY_CORRUPT', `${log.keyOf(number)}: ${problem}`);
    }
    entries.push(entry);
  }
  return entries;
}
