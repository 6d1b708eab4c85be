import type { IncomingMessage } from 'node:http';
import { ServingError } from '../errors/serving-error.ts';

/**
 * Reads the header `Request-Timeout`, in seconds, as milliseconds; undefined when the request has none.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` for anything but a number above 0.
 */
export function requestTimeoutMs({ headers }: IncomingMessage): number | undefined {
  const header = headers['request-timeout'];
  if (header === undefined) return undefined;
  const seconds =
    typeof header === 'string' && /^\d{1,9}(?:\.\d{1,6})?$/.test(header) ? Number(header) : 0;
  if (seconds > 0) return seconds * 1000;
  const message = `Request-Timeout is ${JSON.stringify(header)}; it must be a number of seconds above 0`;
  throw new ServingError('ERR_SERVING_BAD_REQUEST', message);
}
