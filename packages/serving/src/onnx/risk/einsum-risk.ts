import type { ValueFacts } from './value-facts.ts';

const ELLIPSIS = '...';

/**
 * Finds a term of an `Einsum` that can have more labels than its operand has dimensions; undefined when there is none.
 *
 * ONNX Runtime (1.30) reads the length of each label before it compares their number with the rank, and ends the process
 * where it reads beyond the shape. It does reject that when it loads a model whose ranks it knows, a term with fewer labels,
 * another number of terms, and labels behind an ellipsis, which it counts before it reads lengths for them.
 */
export function einsumRisk(
  equation: string | undefined,
  inputs: readonly (ValueFacts | undefined)[],
): string | undefined {
  if (equation === undefined) return 'Einsum has an equation that is not checked';
  const [left = ''] = equation.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  const long = inputs.findIndex((input, position) => {
    const [labels = ''] = (terms[position] ?? '').split(ELLIPSIS);
    return labels.length > (input?.rank ?? 0);
  });
  if (long === -1) return undefined;
  return `Einsum ends its process where input ${long} has fewer dimensions than its term in ${JSON.stringify(equation)} has labels`;
}

/** Minimum number of dimensions of the output: one for each label behind the arrow. */
export function einsumOutputLabels(equation = ''): number {
  const [, right = ''] = equation.replaceAll(' ', '').split('->');
  return right.replace(ELLIPSIS, '').length;
}
