import type { Signature, TensorSpec } from '@fairlead/signature';
import type { FeatureBaseline } from '../bins/feature-baseline.ts';
import type { Baseline } from './baseline.ts';

/**
 * Returns a baseline without the features, outputs and scores that a signature marks as `sensitive`: a baseline that a training
 * script wrote may have them. The baseline itself is returned if it has none.
 *
 * @example
 * ```ts
 * import { createBaseline, withoutSensitive } from '@fairlead/windows';
 *
 * const x = { name: 'x', datatype: 'FP32', shape: [-1, 2] } as const;
 * const baseline = createBaseline({ 'x[0]': [1, 2], 'x[1]': [3, 4] }, { signature: { inputs: [x], outputs: [] } });
 * const features = [{ name: 'age' }, { name: 'ssn', sensitive: true }];
 * const rest = withoutSensitive(baseline, { inputs: [{ ...x, features }], outputs: [] });
 * console.log(rest.features.map(({ name }) => name)); // [ 'x[0]' ]
 * ```
 */
export function withoutSensitive(baseline: Baseline, { inputs, outputs }: Signature): Baseline {
  const { calibration, ...rest } = baseline;
  const features = baseline.features.filter((feature) => !isSensitive(feature, inputs));
  const watched = baseline.outputs.filter((output) => !isSensitive(output, outputs));
  const classes = calibration?.classes.filter(
    ({ index }) => !isSensitive({ tensor: calibration.tensor, index }, outputs),
  );
  const isSame =
    features.length === baseline.features.length &&
    watched.length === baseline.outputs.length &&
    classes?.length === calibration?.classes.length;
  if (isSame) return baseline;
  return {
    ...{ ...rest, features, outputs: watched },
    ...(calibration && classes?.length && { calibration: { ...calibration, classes } }),
  };
}

function isSensitive(
  { tensor, index }: Pick<FeatureBaseline, 'tensor' | 'index'>,
  specs: readonly TensorSpec[],
): boolean {
  const spec = specs.find(({ name }) => name === tensor);
  return spec?.sensitive === true || spec?.features?.[index]?.sensitive === true;
}
