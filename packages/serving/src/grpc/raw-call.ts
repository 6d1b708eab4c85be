import type { ServerUnaryCall } from '@grpc/grpc-js';
import { badRequest } from '../protocol/json-body.ts';
import type { InferTarget } from '../inference/infer-request.ts';
import type { IncomingCall } from './grpc-service.ts';

/** A call whose message isn't decoded. */
export type RawCall = ServerUnaryCall<Buffer, unknown>;

const MAX_NAME_LENGTH = 256;

/**
 * Returns the target that a message names.
 *
 * @throws ServingError `ERR_SERVING_BAD_REQUEST` for a missing or too long name.
 */
export function targetOf(model: string, version: string): InferTarget {
  if (model === '') throw badRequest('the name of the model is missing');
  // The error of an unknown model repeats its name.
  if (model.length > MAX_NAME_LENGTH || version.length > MAX_NAME_LENGTH) {
    const message = `the names of models and versions have at most ${MAX_NAME_LENGTH} characters`;
    throw badRequest(message);
  }
  return { model, ...(version !== '' && { version }) };
}

/** The call as it is admitted. */
export function incomingOf(method: string, call: RawCall): IncomingCall {
  return { method, metadata: call.metadata, peer: call.getPeer() };
}

/** Milliseconds until the call's deadline; undefined when it has none. */
export function timeoutOf(call: RawCall): number | undefined {
  const deadline = call.getDeadline();
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : undefined;
}
