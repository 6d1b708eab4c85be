import type { AliasEntry } from './alias-entry.ts';
import { RegistryError } from '../errors/registry-error.ts';

/**
 * Finds the entry that is `steps` back from `head`, as an undo would.
 *
 * A rollback puts the entry that it restores back on top: rolling back twice goes two versions back, and doesn't toggle between two.
 * `read` reads an entry by its number.
 *
 * @throws RegistryError `ERR_REGISTRY_NOTHING_TO_ROLL_BACK` when the alias doesn't go that far back.
 */
export async function rollbackTarget(
  head: AliasEntry,
  steps: number,
  read: (number: number) => Promise<AliasEntry>,
): Promise<AliasEntry> {
  const restored = async (entry: AliasEntry): Promise<AliasEntry> =>
    entry.restores === undefined ? entry : read(entry.restores);

  let target = await restored(head);
  for (let step = 1; step <= steps; step += 1) {
    if (target.number === 1) {
      throw new RegistryError(
        'ERR_REGISTRY_NOTHING_TO_ROLL_BACK',
        `cannot roll back "${head.alias}" of "${head.model}" by ${steps}: ` +
          `only ${step - 1} earlier ${step === 2 ? 'value is' : 'values are'} left; set it to a version instead`,
      );
    }
    target = await restored(await read(target.number - 1));
  }
  return target;
}
