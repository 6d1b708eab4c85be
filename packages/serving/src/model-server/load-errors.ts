import { ServingError } from '../errors/serving-error.ts';
import type { ServedModel } from '../models/served-model.ts';

/** Returns the error for a model that can't be loaded, with the reason as its cause. */
export function loadFailed(model: string, cause: unknown): ServingError {
  if (cause instanceof ServingError && cause.code === 'ERR_SERVING_CLOSED') return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `model "${model}" can't be loaded: ${reason}`;
  const code = isNotFound(cause) ? 'ERR_SERVING_MODEL_NOT_FOUND' : 'ERR_SERVING_LOAD_FAILED';
  return new ServingError(code, message, { cause });
}

/** Returns whether a source says by its error's code that it has no such model, alias or version. */
export function isNotFound(cause: unknown): cause is Error {
  if (!(cause instanceof Error) || cause instanceof ServingError || !('code' in cause))
    return false;
  return typeof cause.code === 'string' && cause.code.endsWith('_NOT_FOUND');
}

/** Returns the error for a model without a loaded version. */
export function notReady({ name, problem }: ServedModel): ServingError {
  const message = `model "${name}" is not ready: ${problem ?? 'loading'}`;
  return new ServingError('ERR_SERVING_NOT_READY', message);
}

/** Returns the error for a version that isn't loaded; `loaded` are those that are. */
export function versionNotFound(
  model: string,
  version: string,
  loaded: readonly string[],
): ServingError {
  return new ServingError(
    'ERR_SERVING_VERSION_NOT_FOUND',
    `model "${model}" has no version ${version} loaded; loaded: ${loaded.join(', ')}`,
  );
}

/** Returns the error for requests after the server was closed. */
export function serverClosed(): ServingError {
  const message = 'the model server is shutting down; send the request to another host';
  return new ServingError('ERR_SERVING_CLOSED', message);
}
