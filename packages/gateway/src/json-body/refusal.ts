import type { IncomingMessage } from 'node:http';
import { checkScope, getIdentity } from '@fairlead/security';
import { ServingError } from '@fairlead/serving';
import { BodyProblem } from './read-json-body.ts';

/** Clients repeat a request that the server could not take after so many seconds. */
export const RETRY_SECONDS = '5';

/** Answer to a request that was refused. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}

class UnknownModel extends Error {
  constructor(model: string) {
    super(`no model ${JSON.stringify(model.slice(0, 200))} is served`);
  }
}

/**
 * Checks that the client of a request may infer with a model, and that it is served.
 *
 * @throws SecurityError `ERR_SECURITY_SCOPE`, and an error that {@link describeRefusal} describes with 404
 */
export function checkModel(req: IncomingMessage, model: string, served: readonly string[]): void {
  const identity = getIdentity(req);
  // Without keys there is no identity, and no scope.
  if (identity !== undefined) checkScope(identity, `infer:${model}`);
  if (!served.includes(model)) throw new UnknownModel(model);
}

/** Describes what a client can change or repeat; undefined for other errors. */
export function describeRefusal(
  error: unknown,
  { invalid, notFound }: { readonly invalid: string; readonly notFound: string },
): Refusal | undefined {
  if (error instanceof UnknownModel) {
    return { status: 404, code: notFound, detail: error.message };
  }
  if (error instanceof BodyProblem) {
    return { status: error.status, code: invalid, detail: error.message };
  }
  if (error instanceof ServingError) {
    const status = error.code === 'ERR_SERVING_CLIENT_LIMIT' ? 429 : 503;
    const headers = { 'Retry-After': RETRY_SECONDS };
    return { status, code: error.code, detail: error.message, headers };
  }
  return undefined;
}
