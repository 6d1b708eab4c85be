const SHAPE_MISMATCH = /(?:Got invalid dimensions|Invalid rank) for input:?[^]*/;
/** What ONNX Runtime adds for the developers of models. */
const ADVICE = /\s*Please fix either the inputs\/outputs or the model\.\s*$/;

/**
 * What is wrong with the shape of an input, by the message of an execution's error; undefined for any other error.
 *
 * ONNX Runtime checks shapes before it computes: such an error is the request's, where the signature leaves a length open
 * that the model has fixed.
 */
export function shapeMismatch(message: string): string | undefined {
  const found = SHAPE_MISMATCH.exec(message)?.[0];
  return found?.replace(ADVICE, '').replaceAll(/\s+/g, ' ').slice(0, 500);
}
