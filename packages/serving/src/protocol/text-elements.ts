import type { Tensor } from '@fairlead/signature';
import { refusal } from '../errors/serving-error.ts';

/** Elements of one answer that are written as text at most: as many as 16 MiB of FP32 hold. */
const MAX_TEXT_ELEMENTS = 4_194_304;

/**
 * Counts the elements of an answer that are to be written as text.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE` for more than 4,194,304, whose text would take 100 MB and more.
 */
export function countTextElements(outputs: readonly Tensor[]): number {
  let count = 0;
  for (const { data } of outputs) count += data.length;
  if (count <= MAX_TEXT_ELEMENTS) return count;
  throw refusal(
    'ERR_SERVING_BODY_TOO_LARGE',
    `the answer has ${count} elements, more than the ${MAX_TEXT_ELEMENTS} that are written as text; send fewer rows, or ask for binary outputs where the protocol has them`,
  );
}
