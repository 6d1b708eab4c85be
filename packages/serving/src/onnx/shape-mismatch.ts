import type { Tensor } from '@fairlead/signature';

const SHAPE_MISMATCH = /(?:Got invalid dimensions|Invalid rank) for input:?[^]*/;
/** Text that ONNX Runtime adds for the developers of models. */
const ADVICE = /\s*Please fix either the inputs\/outputs or the model\.\s*$/;

/** Errors of operators whose operands have lengths that don't fit each other, or the weights of the model. */
const OPERAND_MISMATCH =
  /(?:Non concat axis dimensions must match|Attempting to broadcast an axis by a dimension other than 1|left operand cannot broadcast|right operand cannot broadcast|MatMul dimension mismatch|GEMM: Dimension mismatch|cannot be reshaped to the requested shape|Input channels C is not equal to|Invalid input shape|Calculated output dimension is negative|Dimension of input \d+ must be 1 instead of|invalid expand shape|operands could not be broadcast together|Input \w+ must have shape)[^]*/;
const OPERATOR = /while running (\w+) node/;
const MAX_LENGTH = 500;

/**
 * Describes the wrong shape of an input, by the message of an execution's error; undefined for any other error.
 *
 * ONNX Runtime checks shapes before it computes: such an error is the request's, where the signature leaves a length open
 * that the model has fixed.
 */
export function shapeMismatch(message: string): string | undefined {
  const found = SHAPE_MISMATCH.exec(message)?.[0];
  return found?.replace(ADVICE, '').replaceAll(/\s+/g, ' ').slice(0, MAX_LENGTH);
}

/**
 * Explains an execution that failed because lengths don't fit each other; undefined for any other error, and for inputs
 * without elements, whose own length of 0 is the cause.
 *
 * A version is served only once it has answered inputs of its signature, so the lengths that don't fit are the request's.
 */
export function operandMismatch(message: string, inputs: readonly Tensor[]): string | undefined {
  const found = OPERAND_MISMATCH.exec(message)?.[0];
  if (found === undefined || inputs.some(({ shape }) => shape.includes(0))) return undefined;
  const shapes = inputs.map(({ name, shape }) => `"${name}" of shape [${shape.join(',')}]`);
  const operator = OPERATOR.exec(message)?.[1] ?? 'an operator';
  const text = found.replaceAll(/\s+/g, ' ').slice(0, MAX_LENGTH);
  const differ = inputs.some(({ shape }) => shape[0] !== inputs[0]?.shape[0]);
  const fix = differ
    ? 'give every input the same number of rows'
    : 'send the lengths that it takes';
  return `${shapes.join(', ').slice(0, MAX_LENGTH)} don't fit (${operator}: ${text}); ${fix}`;
}
