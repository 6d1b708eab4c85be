import type { AliasEntry } from './alias-entry.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** An alias wasn't changed because it differs from what its writer expected. */
export class AliasConflictError extends RegistryError {
  override readonly name = 'AliasConflictError';
  /** The current entry, with its author and time; `null` when the alias doesn't exist. */
  readonly winner: AliasEntry | null;

  constructor(change: string, winner: AliasEntry | null) {
    super(
      'ERR_REGISTRY_ALIAS_CONFLICT',
      `${change}: ${winner === null ? 'it does not exist' : describeEntry(winner)}; ` +
        'read it again, and decide again',
    );
    this.winner = winner;
  }
}

function describeEntry({ version, actor, at, reason, action, number }: AliasEntry): string {
  const why = reason === undefined ? '' : ` (${JSON.stringify(reason)})`;
  const how = action === 'set' ? 'set' : 'rolled back';
  return `${actor} ${how} it to version ${version} at ${at}${why}, as entry ${number}`;
}
