import type { JobOutcome, JobRequest } from '../job/job.ts';
import { isJobId } from './job-identity.ts';

type Members = Readonly<Record<string, unknown>>;

/**
 * Returns the request that a record holds; undefined for a record that no queue wrote, such as one that was damaged or
 * copied under another name.
 */
export function readStoredRequest(facts: unknown, id?: string): JobRequest | undefined {
  if (!isObject(facts)) return undefined;
  const { path, headers, model, createdAtMs, idempotency } = facts;
  const isRequest =
    (id === undefined ? isText(facts.id) && isJobId(facts.id) : facts.id === id) &&
    isText(path) &&
    areTexts(headers) &&
    isText(model) &&
    Number.isFinite(createdAtMs) &&
    ['bodyFormat', 'owner', 'requestId', 'routingKey', 'webhookUrl'].every((name) =>
      isOptionalText(facts, name),
    ) &&
    (idempotency === undefined || isIdempotency(idempotency));
  return isRequest ? (facts as unknown as JobRequest) : undefined;
}

/** Returns true for an outcome without the response, as the record of a finished job holds it. */
export function isStoredOutcome(value: unknown): value is Omit<JobOutcome, 'response'> {
  return (
    isObject(value) &&
    ['succeeded', 'failed', 'canceled'].includes(String(value.state)) &&
    Number.isFinite(value.attempts) &&
    Number.isFinite(value.finishedAtMs) &&
    ['version', 'reason'].every((name) => isOptionalText(value, name))
  );
}

/** Returns true for status and headers of a stored response. */
export function isStoredResponse(
  value: unknown,
): value is { readonly status: number; readonly headers: Record<string, string> } {
  return isObject(value) && Number.isInteger(value.status) && areTexts(value.headers);
}

/** Returns true for an object of JSON. */
export function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The key is the name of a record: any other text could name a file outside of the folder. */
function isIdempotency(value: unknown): boolean {
  const isHash = (text: unknown): boolean => isText(text) && /^[0-9a-f]{64}$/.test(text);
  return isObject(value) && isHash(value.key) && isHash(value.fingerprint);
}

function areTexts(value: unknown): boolean {
  return isObject(value) && Object.values(value).every(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOptionalText(members: Members, name: string): boolean {
  return members[name] === undefined || isText(members[name]);
}
