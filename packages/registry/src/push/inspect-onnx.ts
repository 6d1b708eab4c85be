import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Signature } from '@fairlead/signature';
import {
  externalFiles,
  type OnnxModel,
  onnxSignature,
  readOnnxModel,
} from '@fairlead/signature/onnx';
import { RegistryError } from '../registry-error.ts';

/** An ONNX file's description of itself, as far as a push needs it. */
export interface InspectedOnnx extends Pick<
  OnnxModel,
  'irVersion' | 'opsets' | 'producer' | 'producerVersion' | 'metadata'
> {
  readonly signature: Signature;
  /** Files beside it that hold weights, by their paths relative to its folder, in order. */
  readonly externalData: readonly string[];
}

/**
 * Reads what an ONNX file (a path, or its bytes) says of itself: inputs, outputs, operator sets, exporter.
 *
 * Weights are skipped, so a file of any size takes a moment and next to no memory. Lengths that have a name, or aren't
 * given, are -1.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_ONNX` naming what is wrong, or which input, output or weights can't be
 * served;
 * `ERR_REGISTRY_SOURCE_UNREADABLE`.
 */
export async function inspectOnnx(source: string | Uint8Array): Promise<InspectedOnnx> {
  if (typeof source !== 'string') return inspect('the bytes', source);
  // O_NONBLOCK: a pipe is rejected below instead of waited for.
  const handle = await open(source, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw unreadable(source, cause instanceof Error ? cause.message : String(cause), cause);
    },
  );
  try {
    if (!(await handle.stat()).isFile()) throw unreadable(source, 'it is not a file');
    return inspect(source, handle.fd);
  } finally {
    await handle.close();
  }
}

function inspect(what: string, source: Uint8Array | number): InspectedOnnx {
  try {
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
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError(
      'ERR_REGISTRY_INVALID_ONNX',
      `${what} can't be read as an ONNX model: ${why}`,
      { cause },
    );
  }
}

function unreadable(source: string, why: string, cause?: unknown): RegistryError {
  return new RegistryError('ERR_REGISTRY_SOURCE_UNREADABLE', `cannot read ${source}: ${why}`, {
    cause,
  });
}
