import { elementCount, type Tensor } from '@fairlead/signature';
import { isThenable } from '../errors/check-functions.ts';
import { ServingError, type ServingErrorCode } from '../errors/serving-error.ts';

/** Cost of a request, known once it is decoded. */
export interface RequestCost {
  /** Rows of the request: the first dimension of its inputs. */
  readonly rows: number;
  /** Numbers and strings of all inputs: rows × elements of a row. */
  readonly elements: number;
}

/**
 * Charges a client for a request that was decoded and checked, and is not executed yet; throws or rejects if the client may not use
 * so much.
 *
 * An error with `expose: true` and an HTTP `status`, as those of `@fairlead/security` are, rejects the request: 429 as
 * `ERR_SERVING_COST_LIMIT`, 413 as `ERR_SERVING_COST_TOO_LARGE`, 503 as `ERR_SERVING_LIMITS_UNAVAILABLE`, with its message. Any other error is
 * an internal one.
 */
export type Charge = (cost: RequestCost) => void | Promise<void>;

const CODES = new Map<unknown, ServingErrorCode>([
  [413, 'ERR_SERVING_COST_TOO_LARGE'],
  [429, 'ERR_SERVING_COST_LIMIT'],
  [503, 'ERR_SERVING_LIMITS_UNAVAILABLE'],
]);

/**
 * Charges for a request with these inputs; returns a promise only where the charge does.
 *
 * @throws ServingError as {@link Charge} describes, and what it throws otherwise.
 */
export function chargeFor(
  charge: Charge,
  inputs: readonly Tensor[],
  rows: number,
): Promise<void> | undefined {
  let elements = 0;
  for (const { shape } of inputs) elements += elementCount(shape);
  try {
    const charged: unknown = charge({ rows, elements });
    if (!isThenable(charged)) return undefined;
    return Promise.resolve(charged).then(
      () => undefined,
      (error: unknown) => {
        throw chargeError(error);
      },
    );
  } catch (error) {
    throw chargeError(error);
  }
}

function chargeError(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { expose, status, headers } = cause as Error & {
    readonly expose?: unknown;
    readonly status?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  };
  const code = expose === true ? CODES.get(status) : undefined;
  if (code === undefined) return cause;
  const seconds = Number(headers?.['Retry-After']);
  return new ServingError(code, cause.message, {
    cause,
    ...(seconds > 0 && { retryAfterMs: seconds * 1000 }),
  });
}
