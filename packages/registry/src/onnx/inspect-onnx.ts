import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Signature, TensorSpec } from '@fairlead/signature';
import {
  type DroppedZipMap,
  dropZipMaps,
  externalFiles,
  isZipMap,
  type OnnxModel,
  onnxSignature,
  readOnnxModel,
} from '@fairlead/signature/onnx';
import { RegistryError } from '../errors/registry-error.ts';
import { foreignFormat } from './foreign-format.ts';

const MAX_SHOWN_LABELS = 10;

/** Content of an ONNX file, as far as a push needs it. */
export interface InspectedOnnx extends Pick<
  OnnxModel,
  'irVersion' | 'opsets' | 'producer' | 'producerVersion' | 'metadata'
> {
  readonly signature: Signature;
  /** Files of external weights, by their paths relative to the folder of the file, sorted. */
  readonly externalData: readonly string[];
}

/**
 * Reads inputs, outputs, operator sets and exporter of an ONNX file, given as a path or as bytes.
 *
 * Weights are skipped, so a file of any size takes little time and memory. Lengths with a name, and missing lengths, are -1.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_ONNX` naming the problem, or the input, output or weights that can't be
 * served; `ERR_REGISTRY_SOURCE_UNREADABLE`.
 *
 * @example
 * ```ts
 * import { inspectOnnx } from '@fairlead/registry/sources';
 *
 * const { signature } = await inspectOnnx('./model.onnx');
 * console.log(signature.inputs[0]?.name, signature.inputs[0]?.shape); // x [ -1, 2 ]
 * ```
 */
export async function inspectOnnx(source: string | Uint8Array): Promise<InspectedOnnx> {
  if (typeof source !== 'string') return inspect('the bytes', source);
  return withFile(source, (handle) => Promise.resolve(inspect(source, handle.fd)));
}

/** An ONNX file to push. */
interface ServableOnnx {
  readonly model: InspectedOnnx;
  /** Path of the file, or its changed bytes. */
  readonly source: string | Uint8Array;
  /** Descriptions of the changes. */
  readonly changes: readonly string[];
}

/**
 * Reads an ONNX file, and changes it if it could not be served otherwise: the `ZipMap` of a classifier is dropped, and its
 * classes become the names of the columns.
 *
 * @throws RegistryError as {@link inspectOnnx}
 */
export async function servableOnnx(path: string): Promise<ServableOnnx> {
  const { bytes, dropped } = await withFile(path, async (handle) => {
    const unchanged = { bytes: undefined, dropped: [] };
    if (!hasZipMap(path, handle.fd)) return unchanged;
    const changed = dropZipMaps(await handle.readFile());
    return changed.dropped.length === 0 ? unchanged : changed;
  });
  const source = bytes ?? path;
  const model = bytes === undefined ? await inspectOnnx(path) : inspect(path, bytes);
  return {
    model: { ...model, signature: withClasses(model.signature, dropped) },
    source,
    changes: dropped.map(
      ({ output, tensor, labels }) =>
        `dropped the ZipMap of the output ${JSON.stringify(output)}: the output is the tensor ${JSON.stringify(tensor)}, ` +
        `with a column for each of ${labels.length} classes: ${listed(labels)}`,
    ),
  };
}

function hasZipMap(path: string, fd: number): boolean {
  return reading(path, fd, () => readOnnxModel(fd).graph.nodes.some(isZipMap));
}

/** The first labels, as JSON; a classifier may have thousands. */
function listed(labels: DroppedZipMap['labels']): string {
  const shown = labels.slice(0, MAX_SHOWN_LABELS).map((label) => JSON.stringify(String(label)));
  return shown.join(', ') + (labels.length > MAX_SHOWN_LABELS ? ', …' : '');
}

/** Names the columns after the classes, if those are valid names. */
function withClasses(signature: Signature, dropped: readonly DroppedZipMap[]): Signature {
  const outputs = signature.outputs.map((spec): TensorSpec => {
    const names = dropped.find(({ tensor }) => tensor === spec.name)?.labels.map(String) ?? [];
    const areNames = new Set(names).size === names.length && !names.includes('');
    if (names.length === 0 || !areNames || spec.shape.at(-1) !== names.length) return spec;
    return { ...spec, features: names.map((name) => ({ name })) };
  });
  return { ...signature, outputs };
}

async function withFile<T>(source: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  // O_NONBLOCK: a pipe is rejected below instead of waited for.
  const handle = await open(source, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw unreadable(source, cause instanceof Error ? cause.message : String(cause), cause);
    },
  );
  try {
    if (!(await handle.stat()).isFile()) throw unreadable(source, 'it is not a file');
    return await use(handle);
  } finally {
    await handle.close();
  }
}

function inspect(what: string, source: Uint8Array | number): InspectedOnnx {
  return reading(what, source, () => {
    const model = readOnnxModel(source);
    const { irVersion, opsets, producer, producerVersion, metadata } = model;
    return {
      signature: onnxSignature(model.graph),
      irVersion,
      opsets,
      ...(producer !== undefined && { producer }),
      ...(producerVersion !== undefined && { producerVersion }),
      metadata,
      externalData: externalFiles(model, () => true),
    };
  });
}

function reading<T>(what: string, source: Uint8Array | number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const format = foreignFormat(source);
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_ONNX',
      format === undefined
        ? `${what} isn't an ONNX model that can be served: ${why}`
        : `${what} is ${format}, not an ONNX model; export the model to ONNX, one of scikit-learn with skl2onnx, and push that file`,
      { cause },
    );
  }
}

function unreadable(source: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError('ERR_REGISTRY_SOURCE_UNREADABLE', `cannot read ${source}: ${why}`, {
    cause,
  });
}
