import type { Gate, ModelRegistry } from '@fairlead/registry';
import { nearest } from '../options/nearest.ts';

/** Names of measurements that a push or `model parity` records. */
const MEASURED = ['p50Ms', 'p99Ms', 'parity', 'goldenExamples'];

/**
 * Warns of gates on metrics that no version of a model has: a later version may have them, or the name is mistyped. No
 * warnings when the versions can't be read, since the gates are already set.
 */
export async function unknownMetrics(
  registry: ModelRegistry,
  model: string,
  gates: readonly Gate[],
): Promise<readonly string[]> {
  const versions = await registry.listVersions(model).catch(() => []);
  const known = [...new Set(versions.flatMap(({ metrics }) => Object.keys(metrics)))];
  return gates.flatMap((gate) => {
    if (gate.check !== 'value' && gate.check !== 'comparison') return [];
    const { name } = gate;
    if (known.includes(name) || MEASURED.includes(name)) return [];
    const meant = nearest(name, [...known, ...MEASURED]);
    const have =
      known.length === 0 ? 'they have none' : `they have ${known.slice(0, 10).join(', ')}`;
    const hint = meant === undefined ? '' : `. Did you mean "${meant}"?`;
    return [`no version of ${model} has the metric "${name}" (${have})${hint}`];
  });
}
