import { posix } from 'node:path';
import { SignatureError } from '../signature-error.ts';
import type { OnnxExternalTensor, OnnxGraph, OnnxModel, OnnxNode } from './onnx-model.ts';

const MICROSOFT = 'com.microsoft';
/** Keeps code compiled for other hardware, in a file: the only operator of ONNX Runtime that reads one. */
const COMPILED = 'EPContext';

/**
 * Checks that a model reads no file but those that `isListed` knows, and none that ONNX Runtime would open itself;
 * returns the files as the model names them, relative to its own folder, in order.
 *
 * ONNX Runtime takes from memory only the weights of a model's own graph. Those of a branch, a function, a sparse tensor
 * or another attribute it would read from the disk.
 *
 * @throws SignatureError `ERR_SIGNATURE_ONNX_FILES` naming the file or the node, and what to do.
 *
 * @example
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { externalFiles, readOnnxModel } from '@fairlead/signature/onnx';
 *
 * const model = readOnnxModel(await readFile('./external-weights.onnx'));
 * console.log(externalFiles(model, (path) => path.endsWith('.data'))); // [ 'ca9fca84-e87e-11f1-99e9-02fc00000001.data' ]
 * ```
 */
export function externalFiles(
  model: OnnxModel,
  isListed: (location: string) => boolean,
): readonly string[] {
  checkNodes(model);
  const locations = new Set<string>();
  for (const tensor of model.externalTensors) {
    checkTensor(tensor, isListed);
    locations.add(tensor.location);
  }
  return [...locations].sort();
}

function checkTensor(
  { name, location, holder }: OnnxExternalTensor,
  isListed: (location: string) => boolean,
): void {
  const place = `weights ${JSON.stringify(name.slice(0, 80))} are in the file ${JSON.stringify(location.slice(0, 200))}`;
  const segments = location.split('/');
  // ONNX Runtime has names with a * that stand for addresses in its memory.
  if (segments[0] === '' || segments.includes('..') || /[\0*\\]/.test(location)) {
    throw rejected(`${place}, which isn't a path within the model's folder`);
  }
  const plain = posix.normalize(location);
  if (plain !== location) throw rejected(`${place}; spell it ${JSON.stringify(plain)}`);
  if (holder === 'elsewhere') {
    throw rejected(
      `${place} and belong to a branch, a function, a sparse tensor or an attribute, where weights can't be in a file ` +
        'of their own; save the model as one file: onnx.save(onnx.load(path), other_path)',
    );
  }
  if (!isListed(location)) throw rejected(`${place}, which isn't a file of this version`);
}

function checkNodes({ graph, functions }: OnnxModel): void {
  const isCompiled = ({ opType, domain, attributes }: OnnxNode): boolean =>
    (domain === MICROSOFT && opType === COMPILED) ||
    [...attributes.values()].some(({ graphs = [] }) => graphs.some(holdsCompiled));
  const holdsCompiled = ({ nodes }: Pick<OnnxGraph, 'nodes'>): boolean => nodes.some(isCompiled);
  if (!holdsCompiled(graph) && !functions.some(holdsCompiled)) return;
  throw rejected(
    `the model has been compiled for other hardware (a node ${COMPILED}); take the model that it was compiled from`,
  );
}

function rejected(message: string): SignatureError {
  return new SignatureError('ERR_SIGNATURE_ONNX_FILES', message);
}
