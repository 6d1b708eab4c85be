import { checkRecord } from '../records/check-record.ts';
import { chainProblem } from '../records/chained-record.ts';
import { type KnownHeads, NumberedLog } from '../records/numbered-log.ts';
import { aliasFolder } from '../store/layout.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { type AliasEntry, aliasEntryFields, MAX_ALIAS_ENTRY_BYTES } from './alias-entry.ts';

/** The entries of one alias. */
export type AliasLog = NumberedLog<AliasEntry>;

/** Opens the entries of `alias` of `model`. */
export function aliasLog(
  store: ObjectStore,
  model: string,
  alias: string,
  heads?: KnownHeads,
): AliasLog {
  return new NumberedLog<AliasEntry>(
    store,
    aliasFolder(model, alias),
    {
      noun: 'an entry',
      maxBytes: MAX_ALIAS_ENTRY_BYTES,
      check: (key, record) => checkRecord(key, aliasEntryFields, record),
      belongs: (entry, number) =>
        entry.model === model && entry.alias === alias && entry.number === number,
      describe: (entry) =>
        `entry ${entry.number} of ${JSON.stringify(`${entry.model}@${entry.alias}`)}`,
      chainProblem: aliasChainProblem,
      rejectsFolders: true,
    },
    heads,
  );
}

/** Contradiction between an entry and the one before it; `undefined` without one. */
export function aliasChainProblem(
  before: AliasEntry | undefined,
  entry: AliasEntry,
): string | undefined {
  return chainProblem(
    'entry',
    before,
    entry,
    (last, next) => next.previous === (last?.version ?? null),
  );
}
