import type { Signature, TensorSpec } from '@fairlead/signature';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import { singleRow } from '../columns/watched-column.ts';
import type { Baseline } from './baseline.ts';

/**
 * Returns a baseline whose features and outputs know which tensors of one dimension are rows, by the shapes of a signature. A
 * baseline that a training script wrote doesn't say so; where only the first element of such a tensor is watched, the others
 * would be counted as further rows of it, sensitive ones too.
 *
 * @example
 * ```ts
 * import { createBaseline, withRowWidths } from '@fairlead/windows';
 *
 * const list = { name: 'x', datatype: 'FP32', shape: [-1] } as const;
 * const baseline = createBaseline({ x: [1, 2] }, { signature: { inputs: [list], outputs: [] } });
 * const row = { ...list, shape: [2] };
 * console.log(withRowWidths(baseline, { inputs: [row], outputs: [] }).features[0]?.width); // 2
 * ```
 */
export function withRowWidths(baseline: Baseline, { inputs, outputs }: Signature): Baseline {
  return {
    ...baseline,
    features: baseline.features.map((feature) => withWidth(feature, inputs)),
    outputs: baseline.outputs.map((output) => withWidth(output, outputs)),
  };
}

function withWidth(column: FeatureBaseline, specs: readonly TensorSpec[]): FeatureBaseline {
  const spec = specs.find(({ name }) => name === column.tensor);
  return spec === undefined ? column : { ...column, ...singleRow(spec) };
}
