import { refusal } from '../errors/serving-error.ts';

/** Byte strings of one request at most: each is a separate object at every step of the request. */
const MAX_STRINGS = 131_072;

/** Datatype and shape of an input, before anything was checked. */
interface InputHead {
  readonly datatype?: unknown;
  readonly shape?: unknown;
}

/**
 * Rejects inputs of more than 131,072 byte strings together, by what they say of themselves.
 *
 * @throws ServingError `ERR_SERVING_BODY_TOO_LARGE`.
 */
export function checkStringCount(inputs: readonly unknown[]): void {
  let count = 0;
  for (const input of inputs) {
    const { datatype, shape } = (input ?? {}) as InputHead;
    if (datatype !== 'BYTES' || !Array.isArray(shape)) continue;
    count += (shape as readonly unknown[]).reduce<number>((all, each) => all * Number(each), 1);
  }
  // Also where a shape is none: what is wrong with it is found next.
  if (!(count > MAX_STRINGS)) return;
  throw refusal(
    'ERR_SERVING_BODY_TOO_LARGE',
    `the request has ${count} elements of BYTES, more than the ${MAX_STRINGS} accepted at once; send fewer rows`,
  );
}
