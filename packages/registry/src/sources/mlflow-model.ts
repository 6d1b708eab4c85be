import { join, posix } from 'node:path';
import type { GoldenExample, Signature } from '@fairlead/signature';
import { servableOnnx } from '../onnx/inspect-onnx.ts';
import type { Predict } from '@fairlead/parity';
import { checkOptions } from '../checks/check-options.ts';
import { RegistryError } from '../errors/registry-error.ts';
import type { Lineage } from '../versions/manifest.ts';
import { checkPathWithin, folderFiles } from './folder-files.ts';
import { readInputExample } from './mlflow-example.ts';
import { describeColumns, joinSignatures } from './mlflow-signature.ts';
import { flavorOf, type MlModel, readMlModel } from './mlmodel.ts';
import { checkWeights, onnxLineage, onnxRuntimeSpec } from './onnx-model.ts';
import type { PushRequest } from '../push/push-request.ts';
import { ignoredFiles } from './ignored-files.ts';
import { readRequirements } from './requirements.ts';
import { sourceOptions, type SourceOptions, withFound } from './source-options.ts';

/** Settings of `mlflowModel`. */
export interface MlflowModelOptions extends SourceOptions {
  /** Runs the model on the folder's input example, if it has one, for a golden example. */
  readonly predict?: Predict;
}

const FLAVOR = 'onnx';

/**
 * Creates a push of a folder that MLflow wrote, with an ONNX flavor: all of its files, the signature of the ONNX file merged
 * with that of MLflow, and run, versions and requirements as its lineage.
 *
 * MLflow and Python aren't needed. Session options and providers of the flavor are ignored: the serving host decides.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_SOURCE` for a folder without an ONNX flavor, naming its flavors, or with an
 * invalid `MLmodel`; `ERR_REGISTRY_INVALID_PATH` for a path or a link to outside of the folder; `ERR_REGISTRY_INVALID_ONNX`;
 * `ERR_REGISTRY_SOURCE_UNREADABLE`
 *
 * @example
 * ```ts
 * import { folderStore, ModelRegistry } from '@fairlead/registry';
 * import { mlflowModel } from '@fairlead/registry/sources';
 *
 * const registry = new ModelRegistry({ store: folderStore('./registry') });
 * const request = await mlflowModel('./mlflow-model', { model: 'iris', actor: 'ada' });
 * const { manifest } = await registry.push(request);
 * console.log(manifest.lineage.origin?.tool, manifest.files[0]?.path); // mlflow MLmodel
 * ```
 */
export async function mlflowModel(
  folder: string,
  options: MlflowModelOptions,
): Promise<PushRequest> {
  const { predict, ...given } = checkOptions('mlflowModel', options, {
    ...sourceOptions,
    predict: 'optional',
  });
  const files = await folderFiles(folder, ignoredFiles);
  const described = await readMlModel(files.get('MLmodel') ?? join(folder, 'MLmodel'));
  const path = onnxPath(folder, described);
  const place = files.get(path);
  if (place === undefined) {
    const problem = `MLmodel says that the model is ${JSON.stringify(path)}, and ${folder} has no such file`;
    throw new RegistryError('ERR_REGISTRY_INVALID_SOURCE', problem);
  }
  const { model, source, changes } = await servableOnnx(place);
  checkWeights(model, path, files);
  const signature = given.signature ?? joinSignatures(model.signature, described);
  const requirements = await readRequirements(files);
  const example = predict && (await goldenExample(described, files, signature, predict));
  const goldenExamples = [...(given.goldenExamples ?? []), ...(example ? [example] : [])];
  const notes = [...(given.notes ?? []), ...describeColumns(signature, described)];
  return withFound(
    { ...given, goldenExamples, ...(notes.length > 0 && { notes }) },
    {
      runtime: onnxRuntimeSpec(model, path),
      files: { ...Object.fromEntries(files), [path]: source },
      signature,
      lineage: {
        ...lineageOf(described, onnxLineage(model, changes)),
        ...(requirements && { requirements }),
      },
    },
  );
}

function onnxPath(folder: string, described: MlModel): string {
  const flavor = flavorOf(described, FLAVOR);
  if (flavor === undefined) {
    const names = Object.keys(described.flavors).slice(0, 20).join(', ');
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_SOURCE',
      `${folder} has no flavor onnx, but ${names === '' ? 'none at all' : names}: convert the model and log it with ` +
        'mlflow.onnx, or push its files for a Python server of yours (pythonModel)',
    );
  }
  // Releases before 1.0 left it out.
  const { data = 'model.onnx' } = flavor;
  if (typeof data !== 'string') {
    const problem = `flavors.onnx.data in the MLmodel of ${folder} should be a path`;
    throw new RegistryError('ERR_REGISTRY_INVALID_SOURCE', problem);
  }
  checkPathWithin(data, 'which the MLmodel names as its model');
  return posix.normalize(data);
}

function lineageOf(described: MlModel, { frameworks = {}, ...rest }: Lineage): Lineage {
  const { mlflow_version, run_id, model_id, model_uuid, utc_time_created } = described;
  const versions = {
    ...frameworks,
    onnx: flavorOf(described, FLAVOR)?.onnx_version,
    python: flavorOf(described, 'python_function')?.python_version,
    mlflow: mlflow_version,
  };
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  const pick = (field: string, value: unknown) => (isText(value) ? { [field]: value } : {});
  return {
    ...rest,
    frameworks: Object.fromEntries(
      Object.entries(versions).filter((entry): entry is [string, string] => isText(entry[1])),
    ),
    origin: {
      tool: 'mlflow',
      ...pick('toolVersion', mlflow_version),
      ...pick('runId', run_id),
      ...pick('modelId', model_id ?? model_uuid),
      ...pick('createdAt', utc_time_created),
    },
  };
}

async function goldenExample(
  { saved_input_example_info: info }: MlModel,
  files: ReadonlyMap<string, string>,
  signature: Signature,
  predict: Predict,
): Promise<GoldenExample | undefined> {
  const path = info?.artifact_path ?? '';
  if (path === '' || info?.type?.startsWith('sparse') === true) return undefined;
  checkPathWithin(path, 'which the MLmodel names as its input example');
  const place = files.get(path);
  if (place === undefined) return undefined;
  const inputs = await readInputExample(place, signature);
  return { name: "MLflow's input example", inputs, outputs: await predict(inputs) };
}
