import type { Tensor } from '@fairlead/signature';
import { ServingError } from '../errors/serving-error.ts';
import type { VersionManifest } from '../source/model-source.ts';
import { plausibleInputs } from './plausible-inputs.ts';

/** Runs a version on inputs. */
export type Execute<T> = (inputs: readonly Tensor[]) => Promise<T>;

/** Inputs that a version took, with the result; or why it took none of those that were tried. */
export type SuitableInputs<T> =
  | { readonly inputs: readonly Tensor[]; readonly result: T }
  | { readonly inputs: undefined; readonly problem: string };

/** It goes into the manifest of a version. */
const MAX_PROBLEM_LENGTH = 500;

/** Processes that plausible inputs may end before no more are tried: each has to be replaced. */
const MAX_CRASHES = 5;

const UNSUITABLE = new Set<string>([
  'ERR_SERVING_RUN_FAILED',
  'ERR_SERVING_BAD_REQUEST',
  'ERR_SERVING_UPSTREAM_FAILED',
]);

/**
 * Tries plausible inputs until a version takes some.
 *
 * @throws what shows a fault of the runtime rather than inputs that don't suit the model.
 */
export async function findSuitableInputs<T>(
  manifest: Pick<VersionManifest, 'model' | 'signature'>,
  execute: Execute<T>,
): Promise<SuitableInputs<T>> {
  let problem = 'its inputs are larger than what is tried';
  let crashes = 0;
  for (const inputs of plausibleInputs(manifest)) {
    try {
      return { inputs, result: await execute(inputs) };
    } catch (error) {
      if (!isUnsuitable(error)) throw error;
      problem = error.message.slice(0, MAX_PROBLEM_LENGTH);
      if (endedItsProcess(error.cause)) crashes += 1;
      if (crashes === MAX_CRASHES) break;
    }
  }
  return { inputs: undefined, problem };
}

/** Returns whether an execution failed in a way that other inputs may avoid. */
export function isUnsuitable(error: unknown): error is ServingError {
  return error instanceof ServingError && UNSUITABLE.has(error.code) && !lostItsThread(error.cause);
}

function lostItsThread(cause: unknown): boolean {
  // A process of the version's own is replaced at once, and other inputs may not end it.
  return isTrueIn(cause, 'threadLost') && !endedItsProcess(cause);
}

function endedItsProcess(cause: unknown): boolean {
  return isTrueIn(cause, 'crashed');
}

function isTrueIn(cause: unknown, fact: string): boolean {
  return typeof cause === 'object' && cause !== null && Reflect.get(cause, fact) === true;
}
