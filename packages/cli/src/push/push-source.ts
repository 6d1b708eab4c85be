import type { SourceOptions } from '@fairlead/registry/sources';
import type { Predict } from '@fairlead/parity';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PushRequest } from '@fairlead/registry';
import { CliError } from '../cli-error.ts';
import { predictWith, runRequest } from '../run/run-request.ts';
import { readMetadata } from './push-metadata.ts';

/** Options of the command line for a source. */
export interface SourceDetails {
  /** Fields of the version; they override those of the source. */
  readonly given: SourceOptions;
  /** Name of the upstream that runs the version; the source is a folder of Python files then. */
  readonly upstream?: string | undefined;
  readonly upstreamModel?: string | undefined;
  readonly entry?: string | undefined;
  /** True if this process may run the version. */
  readonly mayRun: boolean;
}

/**
 * Reads the source at `path`: an ONNX file, a folder with one and its metadata, an MLflow folder, or with `upstream` a
 * folder of Python files.
 *
 * @throws CliError `ERR_CLI_FILE`, `ERR_CLI_USAGE`; RegistryError `ERR_REGISTRY_INVALID_…`
 */
export async function readPushSource(path: string, details: SourceDetails): Promise<PushRequest> {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw unusable(path, 'no such file or folder');
  const { given, upstream } = details;
  const { onnxModel } = await import('@fairlead/registry/sources');
  if (!stats.isDirectory()) {
    if (upstream === undefined) return onnxModel(path, given);
    throw new CliError(
      'ERR_CLI_USAGE',
      `${path} is a file: --upstream needs a folder of Python files`,
    );
  }
  if (upstream !== undefined) return pythonFolder(path, details, upstream);
  if (existsSync(join(path, 'MLmodel'))) return mlflowFolder(path, details);
  const model = join(path, 'model.onnx');
  if (!existsSync(model)) throw unusable(path, 'it contains neither model.onnx nor MLmodel');
  return onnxModel(model, await withMetadataOf(path, given));
}

async function mlflowFolder(path: string, { given, mayRun }: SourceDetails): Promise<PushRequest> {
  const { mlflowModel } = await import('@fairlead/registry/sources');
  if (!mayRun) return mlflowModel(path, given);
  const running = await runRequest(await mlflowModel(path, given));
  try {
    // The input example of the folder and the outputs of the model for it become a golden example.
    const predict: Predict = predictWith(running);
    return await mlflowModel(path, { ...given, predict });
  } finally {
    await running.close();
  }
}

async function pythonFolder(
  path: string,
  { given, upstreamModel, entry }: SourceDetails,
  upstream: string,
): Promise<PushRequest> {
  const { signature, ...rest } = await withMetadataOf(path, given);
  if (signature === undefined) {
    throw new CliError(
      'ERR_CLI_USAGE',
      `Python files have no signature: add --metadata with a JSON file that has a "signature"`,
    );
  }
  const { pythonModel } = await import('@fairlead/registry/sources');
  return pythonModel(path, {
    ...rest,
    ...{ signature, upstream },
    ...(upstreamModel !== undefined && { upstreamModel }),
    ...(entry !== undefined && { entry }),
  });
}

/** Adds metadata.json of the folder; `given` takes precedence. */
async function withMetadataOf(folder: string, given: SourceOptions): Promise<SourceOptions> {
  const file = join(folder, 'metadata.json');
  if (!existsSync(file)) return given;
  const found = await readMetadata(file);
  return {
    ...found,
    ...given,
    metrics: { ...found.metrics, ...given.metrics },
    lineage: { ...found.lineage, ...given.lineage },
    notes: [...(found.notes ?? []), ...(given.notes ?? [])],
  };
}

function unusable(path: string, why: string): CliError {
  return new CliError(
    'ERR_CLI_FILE',
    `cannot push ${path}: ${why}; expected an ONNX file, a folder with model.onnx and metadata.json, an MLflow folder, ` +
      'or a folder of Python files with --upstream',
  );
}
