import { inspect } from 'node:util';
import type { FuzzInput } from './fuzz-input.ts';
import type { Answer } from './http-target.ts';

/** Time that one piece of work may block the event loop, in milliseconds. */
export const MOST_MS = 50;

/** 501: what isn't offered, or what JSON can't carry; 503 and 504: without room or time. */
const DOCUMENTED = new Set([501, 503, 504]);

/** Describes the problem of an answer; undefined without one. */
export function verdictOf({ method, path }: FuzzInput, answer: Answer): string | undefined {
  const { status, contentType, body, jsonBytes, hidden } = answer;
  if (hidden !== undefined) {
    return `an internal error: ${inspect(hidden)}`;
  }
  if (status >= 500 && !DOCUMENTED.has(status)) return `status ${status}: ${body.toString()}`;
  if (status < 200 || (status >= 300 && status < 400)) return `status ${status}`;
  if (method === 'HEAD' || contentType === 'text/plain') return undefined;
  const text = body.subarray(0, jsonBytes).toString();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return `status ${status} with what is no JSON: ${text.slice(0, 200)}`;
  }
  if (status < 400 || path === '/v2/health/ready') return undefined;
  const { error, error_code: code, message } = json as Record<string, unknown>;
  const isDescribed =
    typeof error === 'string' || (typeof code === 'string' && typeof message === 'string');
  return isDescribed ? undefined : `status ${status} in another shape: ${text.slice(0, 200)}`;
}
