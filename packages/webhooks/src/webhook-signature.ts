import { createHmac } from 'node:crypto';
import { WebhookError } from './webhook-error.ts';

const PREFIX = 'whsec_';
// Limits of the specification.
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** Signs the body of a webhook. */
export type SignWebhook = (id: string, timestamp: number, body: string) => string;

/**
 * Creates the function that signs as Standard Webhooks specifies: HMAC-SHA-256 over id, timestamp and body, one signature
 * for each secret, so that a secret can be rotated while receivers know only one of the two.
 *
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 *
 * @throws WebhookError `ERR_WEBHOOKS_INVALID_OPTION` for a malformed secret; the message doesn't contain it.
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
  if (isBase64 && key.length >= MIN_BYTES && key.length <= MAX_BYTES) return key;
  throw invalid(
    `a webhook secret must be ${PREFIX} and ${MIN_BYTES} to ${MAX_BYTES} bytes in base64; create one with: echo ${PREFIX}$(openssl rand -base64 32)`,
  );
}

function invalid(message: string): WebhookError {
  return new WebhookError('ERR_WEBHOOKS_INVALID_OPTION', message);
}
