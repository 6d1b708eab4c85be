import type { InferRequest } from '../../inference/infer-request.ts';
import { badRequest, type JsonObject } from '../json-body.ts';

/** The longest `id` of a request, in characters. */
export const MAX_ID_LENGTH = 1024;

/**
 * Reads the parameters of a request that say how urgent it is: `timeout` in microseconds, where 0 stands for none as
 * Triton has it, and `priority`.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` naming the parameter.
 */
export function readTuning(parameters: JsonObject): Pick<InferRequest, 'timeoutMs' | 'priority'> {
  const timeout = parameters.timeout ?? 0;
  const priority = parameters.priority ?? 0;
  const tuning: { timeoutMs?: number; priority?: number } = {};
  if (timeout !== 0) tuning.timeoutMs = readCount('timeout', timeout) / 1000;
  if (priority !== 0) tuning.priority = readCount('priority', priority);
  return tuning;
}

function readCount(name: string, value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw badRequest(`parameter "${name}" must be a whole number from 0`);
}
