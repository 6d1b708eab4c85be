import type { Predict } from '@fairlead/parity';
import { readFile } from 'node:fs/promises';
import type { PushRequest } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';
import { type RunningVersion, runVersion } from './run-version.ts';

/**
 * Runs a version before it is pushed.
 *
 * @throws ServingError naming the fault of the version; CliError `ERR_CLI_NO_RUNTIME`
 */
export function runRequest({
  model,
  runtime,
  signature,
  files,
}: PushRequest): Promise<RunningVersion> {
  if (signature === undefined) throw new CliError('ERR_CLI_USAGE', `${model} has no signature`);
  return runVersion({
    manifest: { model, version: 0, signature, runtime },
    async read(path) {
      const source = Object.hasOwn(files, path) ? files[path] : undefined;
      if (source === undefined) throw new Error(`no such file: ${JSON.stringify(path)}`);
      return typeof source === 'string' ? readFile(source) : source;
    },
  });
}

/** Predicts by a running version, in the JSON tensors of the Open Inference Protocol. */
export function predictWith(running: RunningVersion): Predict {
  return async (inputs) => {
    const { decodeTensor, tensorAsJson } = await import('@fairlead/signature');
    return (await running.infer(inputs.map(decodeTensor))).map(tensorAsJson);
  };
}
