import type { Signature, TensorSpec } from '@fairlead/signature';

type Specs = readonly TensorSpec[];

/**
 * Describes why a version with the signature `fallback` can't replace one with `primary`; undefined when it can.
 *
 * It must accept every input of the other, and return nothing that the other doesn't declare: the same names and datatypes,
 * and shapes, ranges and categories that are no narrower for inputs and no wider for outputs.
 */
export function whyNotInterchangeable(primary: Signature, fallback: Signature): string | undefined {
  return (
    compare('input', primary.inputs, fallback.inputs, (requested, taken) => {
      return covers(taken.shape, requested.shape) && noNarrower(taken, requested);
    }) ??
    compare('output', primary.outputs, fallback.outputs, (promised, given) => {
      return covers(promised.shape, given.shape);
    })
  );
}

function compare(
  side: string,
  primary: Specs,
  fallback: Specs,
  fits: (primary: TensorSpec, fallback: TensorSpec) => boolean,
): string | undefined {
  for (const spec of primary) {
    const other = fallback.find(({ name }) => name === spec.name);
    if (other === undefined) return `it has no ${side} "${spec.name}"`;
    if (other.datatype !== spec.datatype || !fits(spec, other)) {
      return `its ${side} "${spec.name}" is ${show(other)}, not ${show(spec)}`;
    }
  }
  const extra = fallback.find(({ name }) => !primary.some((spec) => spec.name === name));
  return extra && `it has another ${side}, "${extra.name}"`;
}

function covers(wide: readonly number[], narrow: readonly number[]): boolean {
  return (
    wide.length === narrow.length &&
    wide.every((length, dimension) => length === -1 || length === narrow[dimension])
  );
}

/** Returns whether the checks of values are the same, or there are none. */
function noNarrower(taken: TensorSpec, requested: TensorSpec): boolean {
  const limits = constraintsOf(taken);
  return limits === undefined || limits === constraintsOf(requested);
}

function constraintsOf(spec: TensorSpec): string | undefined {
  const each = [spec, ...(spec.features ?? [])].map(({ range, categories }) => [
    range?.min ?? null,
    range?.max ?? null,
    categories ?? null,
  ]);
  return each.flat().every((limit) => limit === null) ? undefined : JSON.stringify(each);
}

function show(spec: TensorSpec): string {
  const limited = constraintsOf(spec) === undefined ? '' : ' with limits';
  return `${spec.datatype} [${spec.shape.join(',')}]${limited}`;
}
