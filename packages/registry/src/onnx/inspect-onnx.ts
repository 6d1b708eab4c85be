import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { parseSignature } from '@fairlead/signature';
import { RegistryError } from '../registry-error.ts';
import { ByteWindow } from './byte-window.ts';
import { type OnnxModel, readOnnxModel } from './onnx-model.ts';

/**
 * Reads what an ONNX file (a path, or its bytes) says of itself: inputs, outputs, operator sets, what exported it.
 *
 * Weights are passed over, so a file of any size takes a moment and next to no memory. Lengths that have a name, or
 * aren't given, are -1.
 *
 * @throws RegistryError `ERR_REGISTRY_INVALID_ONNX` naming what is wrong, or which input or output can't be served;
 * `ERR_REGISTRY_SOURCE_UNREADABLE`.
 */
export async function inspectOnnx(source: string | Uint8Array): Promise<OnnxModel> {
  if (typeof source !== 'string') return inspect('the bytes', ByteWindow.of(source));
  // O_NONBLOCK: a pipe is refused below instead of waited for.
  const handle = await open(source, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: unknown) => {
      throw unreadable(source, cause instanceof Error ? cause.message : String(cause), cause);
    },
  );
  try {
    if (!(await handle.stat()).isFile()) throw unreadable(source, 'it is not a file');
    return await inspect(source, await ByteWindow.ofFile(handle));
  } finally {
    await handle.close();
  }
}

async function inspect(what: string, window: ByteWindow): Promise<OnnxModel> {
  try {
    const model = await readOnnxModel(window);
    parseSignature(model.signature);
    return model;
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
