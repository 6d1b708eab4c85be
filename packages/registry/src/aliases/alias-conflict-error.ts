import type { AliasEntry } from './alias-entry.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** An alias wasn't changed because it isn't what its writer believed it to be. */
export class AliasConflictError extends RegistryError {
  override readonly name = 'AliasConflictError';
  /** The entry that came first and stands: who, when and what. `null` when the alias doesn't exist. */
  readonly winner: AliasEntry | null;

  constructor(change: string, winner: AliasEntry | null) {
    super(
      'ERR_REGISTRY_ALIAS_CONFLICT',
      `${change}: ${winner === null ? 'it does not exist' : describeEntry(winner)}; ` +
        'look at it again, and decide anew',
    );
    this.winner = winner;
  }
}

function describeEntry({ version, actor, at, reason, action, number }: AliasEntry): string {
  const why = reason === undefined ? '' : ` (${JSON.stringify(reason)})`;
  const how = action === 'set' ? 'set' : 'rolled back';
  return `${actor} ${how} it to version ${version} at ${at}${why}, as entry ${number}`;
}
