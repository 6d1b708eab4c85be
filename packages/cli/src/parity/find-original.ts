import type { Predict } from '@fairlead/parity';
import { statSync } from 'node:fs';
import { basename } from 'node:path';
import type { ModelRegistry } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';
import { predictWith, runRequest } from '../run/run-request.ts';
import { runVersion } from '../run/run-version.ts';
import { remotePredict } from './remote-predict.ts';

/** The original that a version is compared with. */
export interface Original {
  /** Its name in the report. */
  readonly title: string;
  /** Predicts; absent when the rows hold the expected outputs. */
  readonly predict?: Predict;
  readonly close: () => Promise<void>;
}

/**
 * Opens the original that the command line names: a URL of the Open Inference Protocol, `model@version` of the registry,
 * or an ONNX file; without a name, the expected outputs of the rows.
 *
 * @throws CliError `ERR_CLI_USAGE`; RegistryError, ServingError when it doesn't exist or can't run
 */
export async function findOriginal(
  name: string | undefined,
  registry: ModelRegistry,
  apiKey: string | undefined,
): Promise<Original> {
  const nothing = (): Promise<void> => Promise.resolve();
  if (name === undefined) return { title: 'the expected outputs of the rows', close: nothing };
  if (/^https?:\/\//i.test(name)) {
    return { title: name, predict: remotePredict(name, apiKey), close: nothing };
  }
  const [, model, version] = /^([a-z0-9][a-z0-9._-]*)@([a-z0-9][a-z0-9._-]*)$/.exec(name) ?? [];
  if (model !== undefined && version !== undefined) {
    const resolved = await registry.resolve(model, version);
    const running = await runVersion(await registry.openVersion(model, resolved.version));
    const title = `${model} version ${resolved.version}`;
    return { title, predict: predictWith(running), close: () => running.close() };
  }
  if (statSync(name, { throwIfNoEntry: false })?.isFile() === true) {
    const { onnxModel } = await import('@fairlead/registry/sources');
    const running = await runRequest(await onnxModel(name, { model: 'original', actor: 'parity' }));
    return { title: basename(name), predict: predictWith(running), close: () => running.close() };
  }
  throw new CliError(
    'ERR_CLI_USAGE',
    `${JSON.stringify(name)} is not an original: expected http://host:port/v2/models/<name>, <model>@<version>, or an ONNX file`,
  );
}
