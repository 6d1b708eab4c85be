import type { TensorProblem } from './signature-error.ts';
import type { TensorSpec } from './signature.ts';
import type { Tensor } from './tensor.ts';

interface Place {
  readonly tensor: string;
  readonly dimension: number;
}

/** Finds the names that several dimensions of `specs` share, each with these dimensions. */
export function sharedDimensions(
  specs: readonly Pick<TensorSpec, 'name' | 'dimensions'>[],
): ReadonlyMap<string, readonly Place[]> {
  const places = new Map<string, Place[]>();
  for (const { name: tensor, dimensions = [] } of specs) {
    for (const [dimension, name] of dimensions.entries()) {
      if (name === null) continue;
      const known = places.get(name);
      if (known === undefined) places.set(name, [{ tensor, dimension }]);
      else known.push({ tensor, dimension });
    }
  }
  return new Map([...places].filter(([, found]) => found.length > 1));
}

/**
 * Creates the check that dimensions of the same name have the same length; undefined if `specs` share no name.
 *
 * The check expects tensors that match `specs` otherwise.
 */
export function createDimensionsCheck(
  specs: readonly TensorSpec[],
): ((tensors: readonly Tensor[]) => readonly TensorProblem[]) | undefined {
  const shared = [...sharedDimensions(specs)];
  if (shared.length === 0) return undefined;
  return (tensors) => {
    const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
    const problems: TensorProblem[] = [];
    for (const [name, [first, ...others]] of shared) {
      if (first === undefined) continue;
      const length = shapes.get(first.tensor)?.[first.dimension];
      for (const { tensor, dimension } of others) {
        const found = shapes.get(tensor)?.[dimension];
        if (found === length) continue;
        const expected = `a length of ${length} in dimension ${dimension}, since dimension ${first.dimension} of tensor "${first.tensor}" is the same ("${name}")`;
        problems.push({ tensor, expected, found: String(found) });
      }
    }
    return problems;
  };
}
