import { RegistryError } from '../errors/registry-error.ts';
import type { GateResult } from '../aliases/alias-gates.ts';

/**
 * An alias wasn't changed because the version doesn't pass its gates.
 *
 * @example
 * ```ts
 * import { folderStore, GatesFailedError, ModelRegistry } from '@fairlead/registry';
 *
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * await registry.model('digits').setGates('canary', ['accuracy >= 0.99'], { actor: 'ada' });
 * try {
 *   await registry.setAlias('digits', 'canary', 2, { actor: 'ada' });
 * } catch (error) {
 *   if (!(error instanceof GatesFailedError)) throw error;
 *   console.log(error.results[0]?.found); // 0.97, pushed by ada
 * }
 * ```
 */
export class GatesFailedError extends RegistryError {
  override readonly name = 'GatesFailedError';
  /** Results of all gates, including those that passed. */
  readonly results: readonly GateResult[];

  constructor(change: string, results: readonly GateResult[]) {
    const failed = results.filter(({ passed }) => !passed);
    super(
      'ERR_REGISTRY_GATES_FAILED',
      `${change}: ${failed.length} of ${results.length} gates failed:\n` +
        failed.map(({ gate, found }) => `  ${gate}: ${found}`).join('\n'),
    );
    this.results = results;
  }
}
