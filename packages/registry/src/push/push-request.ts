import {
  type GoldenExample,
  jsonGoldenExample,
  type OptionNames,
  type Signature,
} from '@fairlead/signature';
import { checkArtifactPaths } from '../versions/artifact-path.ts';
import type { ManifestFile } from '../blobs/manifest-file.ts';
import type { JsonValue } from '../records/json-value.ts';
import type { BatchingSetting, Lineage, Manifest, RuntimeSpec } from '../versions/manifest.ts';
import { fingerprint, readSource } from '../blobs/blob-source.ts';
import { inspectOnnx } from '../onnx/inspect-onnx.ts';
import type { Validation, PushProgress } from './validate.ts';
import { RegistryError } from '../errors/registry-error.ts';

/** Argument of `push`: a new version. */
export interface PushRequest {
  readonly model: string;
  readonly runtime: {
    readonly name: RuntimeSpec['name'];
    /** @defaultValue `{}` */
    readonly options?: RuntimeSpec['options'];
  };
  /** Signature; read from the file of an ONNX model if it is missing. */
  readonly signature?: Signature;
  /** The files of the version: path within it → local path, or the bytes themselves. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** @defaultValue `{}` */
  readonly lineage?: Lineage;
  /** Finite numbers only. @defaultValue `{}` */
  readonly metrics?: Readonly<Record<string, number>>;
  readonly baseline?: JsonValue;
  /** @defaultValue `[]` */
  readonly goldenExamples?: readonly GoldenExample[];
  /**
   * Batching of requests: `on` promises that rows are independent, also where that can't be shown.
   *
   * @defaultValue `'auto'`
   */
  readonly batching?: BatchingSetting;
  /** Markdown. */
  readonly modelCard?: string;
  /** Remarks about the source for the pusher; not stored. */
  readonly notes?: readonly string[];
  /** Person or program that pushes. */
  readonly actor: string;
  /**
   * Pushes nothing if the newest version has the same content: all but version, time and actor.
   *
   * @defaultValue false
   */
  readonly skipIfUnchanged?: boolean;
  /** Validates the version before anything is stored: if it throws, nothing is pushed; its result is recorded. */
  readonly validate?: Validation;
  /** Called with the progress, at most once for each chunk of a file. */
  readonly onProgress?: (progress: PushProgress) => void;
}

const optional = 'optional';

/** Names of the options that a push has beside its files and its runtime. */
export const detailOptions: OptionNames<Omit<PushRequest, 'files' | 'runtime'>> = {
  ...{ model: 'required', actor: 'required', signature: optional, lineage: optional },
  ...{ metrics: optional, baseline: optional, goldenExamples: optional, batching: optional },
  ...{ modelCard: optional, notes: optional, skipIfUnchanged: optional },
  ...{ validate: optional, onProgress: optional },
};

/** Names of the options of a push. */
export const pushOptions: OptionNames<PushRequest> = {
  ...detailOptions,
  ...{ files: 'required', runtime: 'required' },
};

/** Content of a manifest: all but its provenance. */
export type ManifestContent = Omit<
  Manifest,
  'formatVersion' | 'version' | 'created' | 'actor' | 'nonce' | 'trial' | 'seal'
>;

const PROVENANCE_FIELDS: ReadonlySet<string> = new Set<keyof Manifest>([
  'formatVersion',
  'version',
  'created',
  'actor',
  'nonce',
  'trial',
  'seal',
]);

/** The content of a manifest, with the fields of later releases: two that are equal are the same model. */
export function contentOf(manifest: Manifest): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(manifest).filter(([field]) => !PROVENANCE_FIELDS.has(field)),
  );
}

/**
 * Reads the files of `request` once for their hashes, and makes the content of its manifest.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_PATH`, `ERR_REGISTRY_INVALID_OPTION`, `ERR_REGISTRY_SOURCE_UNREADABLE`
 */
export async function readContent(request: PushRequest): Promise<ManifestContent> {
  const { model, runtime, lineage = {}, metrics = {}, goldenExamples = [] } = request;
  const { baseline, batching, modelCard } = request;
  const paths = Object.keys(request.files).sort();
  checkArtifactPaths(paths);
  if (runtime.name === 'onnx' && paths.length === 0) {
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_OPTION',
      `cannot push ${model} without files: the onnx runtime needs the model file, as ` +
        '{ files: { "model.onnx": "path/to/model.onnx" } }',
    );
  }
  const files: ManifestFile[] = [];
  for (const path of paths) {
    const body = readSource(path, request.files[path] ?? '');
    files.push({ path, ...(await fingerprint(reported(body, path, 'reading', request))) });
  }
  const signature = request.signature ?? (await ownSignature(request));
  return {
    model,
    files,
    runtime: { name: runtime.name, options: runtime.options ?? {} },
    signature,
    lineage,
    metrics,
    ...(baseline !== undefined && { baseline }),
    goldenExamples: goldenExamples.map(jsonGoldenExample),
    ...(batching !== undefined && { batching }),
    ...(modelCard !== undefined && { modelCard }),
  };
}

/** Yields `body`, and reports the progress. */
export async function* reported(
  body: AsyncIterable<Uint8Array>,
  path: string,
  phase: PushProgress['phase'],
  { onProgress }: Pick<PushRequest, 'onProgress'>,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const chunk of body) {
    yield chunk;
    bytes += chunk.length;
    onProgress?.({ path, phase, bytes });
  }
}

async function ownSignature({ model, runtime, files }: PushRequest): Promise<Signature> {
  const path = runtime.options?.path ?? 'model.onnx';
  const source = typeof path === 'string' ? files[path] : undefined;
  if (runtime.name === 'onnx' && source !== undefined) return (await inspectOnnx(source)).signature;
  throw new RegistryError(
    'ERR_REGISTRY_INVALID_OPTION',
    `cannot push ${model} without a signature: only an ONNX file (${JSON.stringify(path)}) contains it`,
  );
}
