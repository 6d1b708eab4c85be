import { createHmac } from 'node:crypto';
import { ServingError } from '../../errors/serving-error.ts';

const PREFIX = 'whsec_';
// Of the specification: shorter ones are guessed, longer ones gain nothing.
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** Signs the body of a webhook. */
export type SignWebhook = (id: string, timestamp: number, body: string) => string;

/**
 * Makes the signature of Standard Webhooks: HMAC-SHA-256 over id, time and body, once for each secret, so that one can
 * be replaced while receivers know only the other.
 *
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @throws ServingError `ERR_SERVING_INVALID_OPTION` for a secret of another form; the message doesn't contain it.
 */
export function webhookSignature(secrets: readonly string[]): SignWebhook {
  const keys = secrets.map(keyOf);
  if (keys.length === 0) throw invalid('webhooks need at least one secret');
  return (id, timestamp, body) =>
    keys
      .map((key) => createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'))
      .map((signature) => `v1,${signature}`)
      .join(' ');
}

function keyOf(secret: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : '';
  const key = Buffer.from(text, 'base64');
  const isBase64 = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '');
  if (isBase64 && key.length >= LEAST_BYTES && key.length <= MOST_BYTES) return key;
  throw invalid(
    `a webhook secret must be ${PREFIX} and ${LEAST_BYTES} to ${MOST_BYTES} bytes in base64; make one with: echo ${PREFIX}$(openssl rand -base64 32)`,
  );
}

function invalid(message: string): ServingError {
  return new ServingError('ERR_SERVING_INVALID_OPTION', message);
}
