import type { Tensor } from '@fairlead/signature';
import { ServingError, type ServingErrorCode } from '../errors/serving-error.ts';
import type { FailureReason } from '../inference/inference-observer.ts';

const REASONS: Readonly<Partial<Record<ServingErrorCode, FailureReason>>> = {
  ERR_SERVING_OVERLOADED: 'REJECTED',
  ERR_SERVING_CLIENT_LIMIT: 'REJECTED',
  ERR_SERVING_LIMITS_UNAVAILABLE: 'REJECTED',
  ERR_SERVING_NOT_READY: 'REJECTED',
  ERR_SERVING_CLOSED: 'REJECTED',
  ERR_SERVING_CIRCUIT_OPEN: 'REJECTED',
  ERR_SERVING_CANCELED: 'CANCELED',
  ERR_SERVING_DEADLINE_EXCEEDED: 'CANCELED',
  ERR_SERVING_RUN_FAILED: 'BACKEND',
  ERR_SERVING_UPSTREAM_FAILED: 'BACKEND',
  ERR_SERVING_UPSTREAM_UNREACHABLE: 'BACKEND',
};

/** Returns the reason that metrics count a failure under. */
export function failureReason(error: unknown): FailureReason {
  return (error instanceof ServingError ? REASONS[error.code] : undefined) ?? 'OTHER';
}

/** Returns the stable code of an error; undefined for one without. */
export function failureCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Some models fail at inputs without elements: the client can send others, so the failure is the request's. */
export function asEmptyInput(cause: unknown, inputs: readonly Tensor[]): unknown {
  if (!(cause instanceof ServingError) || cause.code !== 'ERR_SERVING_RUN_FAILED') return cause;
  const empty = inputs.find(({ shape }) => shape[0] !== 0 && shape.includes(0));
  const message =
    empty === undefined
      ? 'this model takes no request without rows; send at least one'
      : `input "${empty.name}" of shape [${empty.shape.join(',')}] has no elements: this model takes no length of 0 in dimension ${empty.shape.indexOf(0)}; send at least 1`;
  return new ServingError('ERR_SERVING_BAD_REQUEST', message, { cause });
}
