import type { AliasEntry } from './alias-entry.ts';
import { RegistryError } from '../errors/registry-error.ts';

/**
 * An alias wasn't changed because it differs from what its writer expected.
 *
 * @example
 * ```ts
 * import { AliasConflictError, folderStore, ModelRegistry } from '@fairlead/registry';
 *
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * try {
 *   await registry.setAlias('digits', 'champion', 2, { actor: 'bob', expected: null });
 * } catch (error) {
 *   if (!(error instanceof AliasConflictError)) throw error;
 *   console.log(error.winner?.version, error.winner?.actor); // 2 ada
 * }
 * ```
 */
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
